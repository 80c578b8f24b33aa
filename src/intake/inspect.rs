//! Opening files: bytes to pages of text and pictures. Runs in the sandbox worker, for its input is hostile.
