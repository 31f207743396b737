"""Words that ride on information: TLP 2.0, dissemination controls, caveats, source grading."""
