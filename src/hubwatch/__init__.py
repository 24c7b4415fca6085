"""hubwatch: dated, unit-labelled facts about open models on Hugging Face, ModelScope and WiseModel."""

__version__ = "0.1.0"
