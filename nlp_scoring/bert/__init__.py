"""The fine-tuned Chinese BERT: input, network, training, export, and scoring without torch."""
