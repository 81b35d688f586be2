"""The settings of sign-in that no environment changes; ``saluhall/settings.py`` takes them over."""

PASSWORD_HASHERS = [
    "integrations.authentication.hashers.OwaspArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "integrations.authentication.hashers.LongestPasswordValidator"},
    {"NAME": "integrations.authentication.breached.BreachedPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 24 * 3600
ACCOUNT_ADAPTER = "integrations.authentication.adapter.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "integrations.authentication.forms.SignupForm"
ACCOUNT_FORMS = {
    "login": "integrations.authentication.page_forms.LoginForm",
    "signup": "integrations.authentication.page_forms.SignupForm",
    "change_password": "integrations.authentication.page_forms.ChangePasswordForm",
    "set_password": "integrations.authentication.page_forms.SetPasswordForm",
    "reset_password_from_key": "integrations.authentication.page_forms.ResetPasswordKeyForm",
    "add_email": "integrations.authentication.page_forms.AddEmailForm",
}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "integrations.authentication.reset_links.ResetLinks"  # noqa: S105 - a path
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
SIGN_UP_SECONDS = 0.5
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_ADAPTER = "integrations.authentication.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "activate_totp": "integrations.authentication.page_forms.ActivateAppForm",
    "add_webauthn": "integrations.authentication.page_forms.AddPasskeyForm",
    "login_webauthn": "integrations.authentication.page_forms.SignInByPasskeyForm",
    "authenticate_webauthn": "integrations.authentication.page_forms.SecondFactorByPasskeyForm",
    "reauthenticate_webauthn": "integrations.authentication.page_forms.ProofByPasskeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "Saluhall"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
HEADLESS_TOKEN_STRATEGY = "integrations.authentication.tokens.TokenStrategy"  # noqa: S105 - a path
HEADLESS_JWT_ALGORITHM = "RS256"
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 300
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = 14 * 24 * 3600
HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
IDP_OIDC_ADAPTER = "integrations.authentication.provider.ProviderAdapter"
IDP_OIDC_ACCESS_TOKEN_FORMAT = "jwt"  # noqa: S105 - a format
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 900
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 30 * 24 * 3600
IDP_OIDC_INTROSPECTION_ENABLED = True
IDP_OIDC_INTROSPECTION_CROSS_CLIENT_ALLOWED = True  # the adapter lets resource servers only
IDP_OIDC_RATE_LIMITS = {"introspect_ip": "1200/m/ip", "introspect_client": "1200/m/key"}
SOCIALACCOUNT_ADAPTER = "integrations.authentication.social.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_FORMS = {"disconnect": "integrations.authentication.social.ConnectedAccountForm"}
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
HEADLESS_CLIENTS = ("app", "browser")
USERSESSIONS_ADAPTER = "integrations.authentication.sessions.SessionsAdapter"
