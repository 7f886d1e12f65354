"""The form on which a customer takes an order back, without a login: also the withdrawal function of Directive 2011/83/EU, Article 11a.

``GET /cancel/{merchant}`` shows the form, ``POST /cancel/{merchant}`` the summary, ``POST /cancel/{merchant}/confirm`` takes the wish. No page
says whether an order exists: what is entered is compared with the order only behind the intake queue. All pages work without scripts.
"""
