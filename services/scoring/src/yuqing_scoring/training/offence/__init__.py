"""Making and measuring the judge of offensive language. The set it is fitted on is abusive by nature: no text of it is kept or shown."""
