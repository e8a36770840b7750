"""What is kept from run to run, so that a run costs only what changed.

`place` says where the file is and refuses those that are not ours alone, `store` is the file, `packages` and `keys` say
what an answer depends on, `contents` knows the files' digests without reading them, `answers` puts these together.
"""
