"""A vendor without a system: one mail asks him to hold the goods back, and a page behind signed links takes a named person's answer.

``links`` signs and proves the links, ``mail`` writes the message, ``page`` shows what is asked, ``answers`` reads the form.
"""
