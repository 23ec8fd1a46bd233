"""A learned policy: pictures and a sentence in, action chunks and a calibrated confidence out."""
