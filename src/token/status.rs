//! Token Status List (draft-ietf-oauth-status-list), JWT form: whether a token has been taken back since it was issued.
