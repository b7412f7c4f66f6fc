"""Writes word-piece.json: the tokens that HuggingFace's tokenizers gives for texts of many kinds, with the vocabulary that we ship.

Run from the folder of this file, with the package installed (pip install tokenizers): python word_piece.py
"""

import json

from tokenizers import BertWordPieceTokenizer

LONGEST = 256
TEXTS = [
    # Plain captions.
    "a small dog",
    "A grinning face with big eyes.",
    "penguin, animal, bird",
    "The red balloon rises slowly and turns to the left",
    "UPPER lower MiXeD cAsE",
    "unaffable embeddings of supercalifragilisticexpialidocious things",
    "hippopotamus rhinoceros axolotl quokka",
    # Nothing, and nearly nothing.
    "",
    " ",
    " \t\r\n ",
    "a",
    "##ing",
    "-",
    # Blanks of all kinds, and characters that nobody sees.
    "two  spaces\tand\ttabs\nand\r\nlines",
    "no\u00a0break\u2003em\u3000ideographic\u2028line\u2029paragraph",
    "form\ffeed\vvertical\x1cfile\x85next",
    "zero\u200bwidth\u200djoin\ufeffmark\u00adsoft\u2060word",
    "nul\x00bell\x07delete\x7freplacement\ufffdprivate\ue000end",
    "right\u202eto\u202cleft",
    # Signs.
    "don't stop; it's 5 o'clock (nearly) - isn't it?!",
    "100% of $3.50 + 2*3 = ^6 ~ 7 | 8 < 9 > `0`",
    "e-mail: someone@example.com, https://example.com/a_b?c=d&e=f#g",
    "\u201ccurly\u201d \u2018quotes\u2019 \u2014 dash\u2026 \u00abguillemets\u00bb",
    "\u00bfqu\u00e9? \u00a1s\u00ed! \u00a7 \u00b6 \u00b7 \u2020",
    "\u20ac \u00a3 \u00a5 \u00a9 \u00ae \u2122 \u00b0 \u00b1 \u00d7 \u00f7",
    "!!!???...",
    "a.b.c. U.S.A. 3.14 1,000,000 12:30",
    "\u3002\uff0c\uff01\uff1f\u3001\u300c\u300d",
    # Accents, composed, decomposed and stacked; letters that are not letters with accents.
    "caf\u00e9 na\u00efve r\u00e9sum\u00e9 \u00c0\u00c9\u00ce\u00d5\u00dc",
    "cafe\u0301 nai\u0308ve",
    "z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324a\u0347",
    "stra\u00dfe STRASSE \u1e9e \u00e6 \u0153 \u00f8 \u0142 \u0111 \u0131 \u0130stanbul",
    "\u00c5ngstr\u00f6m \u212bngstr\u00f6m \u212a \u2126",
    "\ufb01ne \ufb02ow \u2460 \u00bd \u00b2 \uff21\uff22\uff23",
    "\u01c5 \u01c8 \u01f2 \u0149",
    # Other scripts.
    "\u039f\u0394\u039f\u03a3 \u03c3\u03b1\u03c2 \u03a3\u0391\u03a3 \u1f08\u03b8\u1fc6\u03bd\u03b1\u03b9",
    "\u041c\u043e\u0441\u043a\u0432\u0430 \u0451\u043b\u043a\u0430 \u0419\u043e\u0433\u0443\u0440\u0442",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0650\u0627\u0644\u0639\u064e\u0627\u0644\u0645",
    "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd \u05e2\u05d5\u05dc\u05dd",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01",
    "ti\u1ebfng Vi\u1ec7t \u0110\u1ea1i h\u1ecdc",
    "\u10d2\u10d0\u10db\u10d0\u10e0\u10ef\u10dd\u10d1\u10d0",
    # Chinese, Japanese, Korean.
    "\u5fae\u7b11\u7684\u732b\u8138",
    "\u4e00\u53ea\u5c0f\u72d7\u5728\u8df3",
    "a \u7ea2\u8272 balloon\u6c14\u7403 rises",
    "\u72d0\u72f8 fox\uff0c\u72d7 dog\u3002",
    "\u65e5\u672c\u8a9e\u306e\u3072\u3089\u304c\u306a\u3068\u30ab\u30bf\u30ab\u30ca",
    "\u30ac\u30ae\u30b0 \u3070\u3074\u3077",
    "\ud55c\uad6d\uc5b4 \uac15\uc544\uc9c0",
    "\uf900 \u2f00 \u3400 \U00020000 \U0002a700 \U0002ceb0 \u3007",
    # Emoji.
    "\U0001f600",
    "a dog \U0001f436 and a \U0001f431cat",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd \U0001f1e9\U0001f1ea",
    "heart \u2764\ufe0f\u2764 keycap 1\ufe0f\u20e3",
    "\u2600\u2744\u2693\u265e\u2192\u221e",
    "\U0001d518\U0001d52b\U0001d526\U0001d520\U0001d52c\U0001d521\U0001d522",
    # Lengths: of words around the limit of 100, of texts around the limit of tokens.
    "a" * 99,
    "a" * 100,
    "a" * 101,
    "\U0001d518" * 60,
    "x" * 5000,
    "dog " * 253,
    "dog " * 254,
    "dog " * 255,
    "dog " * 252 + "unaffable",
    "embeddings " * 200,
    "." * 300,
    "\u732b" * 300,
]

tokenizer = BertWordPieceTokenizer("../../resources/text-encoder/vocabulary.txt", lowercase=True)
tokenizer.enable_truncation(LONGEST)
cases = [{"text": text, "tokens": tokenizer.encode(text).ids} for text in TEXTS]
with open("word-piece.json", "w", encoding="utf-8") as file:
    json.dump({"longest": LONGEST, "cases": cases}, file, separators=(",", ":"))
    file.write("\n")
print(len(cases), "texts")
