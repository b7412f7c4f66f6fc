"""Writes text-encoder.json: the vectors that Python's ONNX Runtime and tokenizers give with the model that we ship.

Mean of the last hidden states over the attention mask, then length one: the pooling that all-MiniLM-L6-v2 was trained with.
Run from the folder of this file (pip install onnxruntime tokenizers numpy): python text_encoder.py
"""

import json

import numpy as np
import onnxruntime
from tokenizers import BertWordPieceTokenizer

FOLDER = "../../resources/text-encoder"
TEXTS = [
    "a small dog",
    "puppy",
    "airplane",
    "a grinning face with big eyes",
    "a red balloon rises slowly",
    "the crimson ball floats upwards",
    "penguin, animal, bird",
    "a blue square turns to the left and bounces",
    "café au lait, naïve résumé",
    "100% of $3.50?!",
    "UPPER lower MiXeD cAsE",
    "x",
    "hippopotamus",
    "a rocket flies to the moon and comes back with a passenger",
    "\U0001f600",
    "ti\u1ebfng Vi\u1ec7t",
    "\u041c\u043e\u0441\u043a\u0432\u0430",
    "a glass of water on a table in the evening sun, seen from above",
    "someone dances",
    "dog " * 300,
]

tokenizer = BertWordPieceTokenizer(f"{FOLDER}/vocabulary.txt", lowercase=True)
tokenizer.enable_truncation(256)
session = onnxruntime.InferenceSession(f"{FOLDER}/model.onnx", providers=["CPUExecutionProvider"])


def vector(text):
    encoding = tokenizer.encode(text)
    ids, mask, types = (
        np.array([values], dtype=np.int64) for values in (encoding.ids, encoding.attention_mask, encoding.type_ids)
    )
    feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    hidden_BTC = session.run(None, feeds)[0]
    weights_BT1 = mask[..., None].astype(np.float32)
    mean_C = ((hidden_BTC * weights_BT1).sum(axis=1) / weights_BT1.sum(axis=1))[0]
    return mean_C / np.linalg.norm(mean_C)


cases = [{"text": text, "vector": [round(float(x), 6) for x in vector(text)]} for text in TEXTS]
with open("text-encoder.json", "w", encoding="utf-8") as file:
    json.dump(cases, file, separators=(",", ":"))
    file.write("\n")
print(len(cases), "texts")
