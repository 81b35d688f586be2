"""How often somebody may try to sign in, in django-allauth's words."""


def sign_in_limits(rate: str) -> dict[str, str]:
    """Return the limits for so many failures of one address, such as ``20/minute``; an account has five in five minutes."""
    amount, _, unit = rate.partition("/")
    return {
        "login": f"{int(amount) * 3 // 2}/{unit[0]}/ip",  # those that succeed, too
        "login_failed": f"{amount}/{unit[0]}/ip,5/5m/key",
        "change_password": "5/5m/user,20/d/user",  # who has a session, and guesses at the old one
        "reauthenticate": "10/m/user,60/d/user",  # those that succeed, too
        "mails": "20/d/key",  # of one kind to one address, that anybody may ask for
        "text_message": "5/h/key",
        "text_to_new_number": "5/d/key,30/d/ip",
        "text_to_known_number": "30/d/key",
        "texts_to_new_numbers": "500/d/key",  # of the whole shop, which pays for each, and so is the next
        "texts_to_known_numbers": "3000/d/key",
        "app_codes": "100/d/key",  # wrong ones of one account
        "email_code": "10/h/key",  # with those that are sent again; a session alone counts parallel ones as one
        "email_codes": "100/d/key",  # for all codes to one address: a new one may be asked for every ten seconds
        "change_phone": "10/m/user",
        "verify_phone": "",  # text_message counts by account, whatever the number
    }
