/** BERT's first cut of a text ("basic tokenization", uncased): clean, lower-cased words and single signs, without accents. */

const whiteSpace = /\s+/u;
/** White space that stays as a space; all other control and format characters vanish, as do the two that mark broken text. */
const dropped = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\uFFFD]/gu;
/**
 * Signs that are words of their own: each is surrounded by spaces. Besides Unicode's punctuation all of ASCII that is no letter,
 * digit or blank, so that "$", "+" and "~" are cut off too.
 */
const punctuation = /[\p{P}!-/:-@[-`{-~]/gu;
/** The blocks of CJK ideographs that BERT cuts into single characters; kana, hangul and the rest stay in their words. */
const ideograph =
  /[\u4E00-\u9FFF\u3400-\u4DBF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;
const accent = /\p{Mn}/gu;

/**
 * The words of a text, as the uncased models of Devlin et al. 2018 ("BERT", arXiv:1810.04805) want them: controls are dropped,
 * ideographs stand alone, accents are stripped (canonical decomposition without nonspacing marks), letters are lower-cased one
 * by one, and punctuation stands alone. Agrees with HuggingFace's `tokenizers` on every character but some hundreds that
 * Unicode added or moved to another category after that library's tables were made.
 */
export function basicTokens(text: string): string[] {
  const letters = text
    .toWellFormed()
    .replace(dropped, '')
    .replace(ideograph, ' $& ')
    .normalize('NFD')
    .replace(accent, '');
  return lowerCase(letters)
    .replace(punctuation, ' $& ')
    .split(whiteSpace)
    .filter((word) => word !== '');
}

/** Character by character: a Greek sigma at the end of a word is no exception, as it would be to `toLowerCase` of the whole. */
function lowerCase(text: string): string {
  let lower = '';
  for (const character of text) lower += character.toLowerCase();
  return lower;
}
