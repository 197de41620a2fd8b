"""What stored codes are called where people read them; the codes themselves never change."""

from cdrpipe.language import N_

OUTCOME_NAMES = {
    "rated": N_("rated"),
    "unanswered": N_("unanswered"),
    "merged": N_("merged"),
    "duplicate": N_("duplicate"),
    "suspended": N_("suspended"),
}
RELATION_NAMES = {
    "unknown": N_("unknown"),
    "local": N_("local"),
    "long_distance": N_("long distance"),
    "international": N_("international"),
}
KIND_NAMES = {
    "unknown": N_("unknown"),
    "landline": N_("landline"),
    "mobile": N_("mobile"),
    "service": N_("service number"),
    "international": N_("international"),
    "privacy": N_("privacy number"),
    "none": N_("nobody was bridged"),
}
