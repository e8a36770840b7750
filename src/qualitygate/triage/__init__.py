"""From raw findings to findings that can be judged and compared: severity and fingerprint."""
