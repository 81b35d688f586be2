"""Every setting, from the environment alone; the defaults are those of production."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from integrations.authentication.fixed_settings import *  # noqa: F403 - what nobody sets, beside what it is about
from integrations.authentication.keys import previous_keys, signing_key
from integrations.authentication.limits import sign_in_limits
from integrations.authentication.social_settings import origins_of, sign_in_providers
from integrations.email.address import SCHEMES as EMAIL_SCHEMES
from integrations.email.address import TIMEOUT_HELP, mail_settings
from integrations.payments.stripe_settings import stripe_account
from integrations.sms.account import check_account
from kernel import env
from kernel.cache_settings import load_cache
from kernel.databases import SCHEMES as DATABASE_SCHEMES
from kernel.databases import database
from kernel.events.archive_settings import archive_days
from kernel.http.overload_settings import load_limits
from kernel.logs import logging_settings
from kernel.secrets import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env.load(BASE_DIR / ".env")

# --- General -----------------------------------------------------------------
DEBUG = env.boolean(
    "DEBUG", default=False, example="true", help="Development: error pages with details, static files as they are."
)
SECRET_KEY, SECRET_KEY_IS_KEPT = secret_key(
    env.secret(
        "SECRET_KEY",
        help="Signs cookies and links; at least 50 random characters. In development the first start writes one here.",
    ),
    file=BASE_DIR / ".env",
    is_development=DEBUG,
)
SECRET_KEY_FALLBACKS = [
    key.strip()
    for key in env.secret(
        "SECRET_KEY_FALLBACKS",
        help="Former secret keys, separated by commas: what they signed and encrypted is still read, nothing new is.",
    ).split(",")
    if key.strip()
]
PORT = env.integer("PORT", default=8000, minimum=1, maximum=65535, help="Where `manage.py up` listens.")
PUBLIC_URL = env.url(
    "PUBLIC_URL",
    schemes=("http", "https"),
    help="Where people reach the shop, such as https://shop.example.com; https turns on redirects and secure cookies.",
).rstrip("/") or (f"http://127.0.0.1:{PORT}" if DEBUG else "")
_public = urlsplit(PUBLIC_URL)
IS_HTTPS = _public.scheme == "https"
ALLOWED_HOSTS = [
    *(
        env.list("ALLOWED_HOSTS", help="Host names that are answered; empty: PUBLIC_URL's.")
        or ([_public.hostname] if _public.hostname else [])
    ),
    *(["localhost", "127.0.0.1", "[::1]"] if DEBUG else []),
]
TRUSTED_PROXY_COUNT = env.integer(
    "TRUSTED_PROXY_COUNT", default=0, maximum=9, help="How many proxies of yours stand before this server."
)
WEB_CONCURRENCY = env.integer("WEB_CONCURRENCY", default=1, minimum=1, maximum=64, help="Server processes.")
SERVER_THREADS, REQUESTS_WAITING, REQUEST_SECONDS, METRICS_TOKEN = load_limits()
LOG_LEVEL = env.choice(
    "LOG_LEVEL", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"), help="The least that is logged."
)
LOG_FORMAT = env.choice(
    "LOG_FORMAT", default="json", choices=("json", "text"), help="Lines for machines or for people.", example="text"
)

# --- Services and databases --------------------------------------------------
ALL_SERVICES = ("users", "products", "orders", "notifications")
with env.group("Services and databases"):
    _services = env.list("SERVICES", default="all", help="Which services run here: all.")
    if _services != ("all",):
        env.refuse("SERVICES must be all: running a part of the services is not possible yet.")
    SERVICES = ALL_SERVICES
    DB_SSL_MODE = env.choice(
        "DB_SSL_MODE",
        default="",
        choices=("", "disable", "require", "verify-ca", "verify-full"),
        help="How the database connection is secured; verify-full checks certificate and host name.",
    )
    DB_SSL_ROOT_CERT = env.text("DB_SSL_ROOT_CERT", help="File with the authority that signed the database's key.")
    _default_database = env.url(
        "DATABASE_URL",
        default="sqlite:///saluhall.sqlite3",
        schemes=DATABASE_SCHEMES,
        help="sqlite:///file, postgres://user:password@host/name or mysql://user:password@host/name.",
    )
    _own_databases = {
        service: env.url(
            f"{service.upper()}_DATABASE_URL",
            schemes=DATABASE_SCHEMES,
            help=f"A database of its own for the {service} service; empty: the one of DATABASE_URL.",
        )
        for service in SERVICES
    }
DATABASES: dict[str, dict[str, Any]] = {
    alias: database(address, ssl_mode=DB_SSL_MODE, ssl_root_cert=DB_SSL_ROOT_CERT, base_dir=BASE_DIR)
    for alias, address in {"default": _default_database, **_own_databases}.items()
    if address
}
DATABASE_ROUTERS = ["kernel.router.ServiceRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
RPC_LOOPBACK = env.boolean("RPC_LOOPBACK", default=False, help="Send calls between services through JSON; for tests.")
with env.group("Broker"):
    BROKER_URL = env.url(
        "BROKER_URL",
        schemes=("amqp", "amqps"),
        help="RabbitMQ: amqp://user:password@host/vhost or amqps://...; empty: this process delivers its events itself.",
    )
    AMQP_CA_FILE = env.text(
        "AMQP_CA_FILE", help="File with the authority that signed the broker's key; empty: those of the system."
    )
    BROKER_PREFIX = env.text(
        "BROKER_PREFIX", default="saluhall", help="How the names of queues begin, for a broker that others use, too."
    )
    EVENT_ARCHIVE_DAYS = archive_days()
EVENT_TRANSPORT = "integrations.broker.rabbitmq.RabbitMQ"
CACHE_URL, CACHES = load_cache()

# --- Applications ------------------------------------------------------------
INSTALLED_APPS = [
    "kernel",
    "api",
    "integrations.authentication.commands",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    *(f"allauth.socialaccount.providers.{name}" for name in ("openid_connect", "google", "github")),
    "allauth.usersessions",
    "allauth.idp.oidc",
    "allauth.headless",
    "rest_framework",
    "drf_spectacular",
    "integrations.authentication.apps.AuthenticationConfig",
    "django.forms",
    "integrations.authentication.apps.GuardedAdminConfig",
    *(f"apps.{service}" for service in SERVICES),
]
MIDDLEWARE = [
    "kernel.http.heads.HeadMiddleware",
    "kernel.http.measuring.MeasuringMiddleware",
    "kernel.http.health.HealthMiddleware",
    "kernel.http.request_ids.RequestIdMiddleware",
    "kernel.http.origins.OriginMiddleware",
    "kernel.http.security.SecurityHeadersMiddleware",
    "kernel.http.hosts.HostMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kernel.http.request_bodies.RequestBodyMiddleware",
    "integrations.authentication.sign_in_policy.SignInPolicyMiddleware",
    "integrations.authentication.even_time.EvenTimeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "kernel.http.pages.NotFoundMiddleware",
    "kernel.http.pages.RefusedValueMiddleware",
    "kernel.http.problem.ProblemMiddleware",
    "integrations.authentication.bad_values.BadValueMiddleware",
    "kernel.http.busy.BusyMiddleware",
]
ROOT_URLCONF = "saluhall.urls"
WSGI_APPLICATION = "saluhall.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "saluhall.context.shop",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Language and time -------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# --- Static files and uploads ------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_MANIFEST_STRICT = False
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
with env.group("Files"):
    MEDIA_ROOT = BASE_DIR / env.text("MEDIA_ROOT", default="media", help="Folder of uploaded files.")
    STATIC_ROOT = BASE_DIR / env.text(
        "STATIC_ROOT", default="staticfiles", help="Folder that collectstatic writes, for this server or for nginx."
    )
MEDIA_URL = "/media/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "kernel.http.static.LenientStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
UPLOAD_MAX_BYTES = 32 * 1024 * 1024

# --- Security ----------------------------------------------------------------
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = (IS_HTTPS * "__Host-" + name for name in ("sessionid", "csrftoken"))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
CSRF_FAILURE_VIEW = "kernel.http.pages.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains binds hosts that are not ours: the domain's owner decides
    "security.W021",  # HSTS preload: as above
]
with env.group("Demo"):
    DEMO_PASSWORD = env.secret("DEMO_PASSWORD", help="Password of the demo users; the first start generates one.")

# --- API ---------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "integrations.authentication.drf.BearerAuthentication",
        "integrations.authentication.basic.BasicAuthentication",
        "integrations.authentication.drf.SessionTokenAuthentication",
        "integrations.authentication.drf.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["kernel.http.principals.NobodyYet"],
    "DEFAULT_PARSER_CLASSES": ["kernel.http.json.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["kernel.http.json.FastJSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["kernel.http.throttles.ClientThrottle"],
    "DEFAULT_PAGINATION_CLASS": "kernel.http.paging.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "api.schema.ApiSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "kernel.http.problem.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
    "SEARCH_PARAM": "search",
    "URL_FORMAT_OVERRIDE": None,
}
with env.group("Payments"):
    SANDBOX_PAYMENTS = env.boolean(
        "SANDBOX_PAYMENTS",
        default=False,
        help="Offer the play card outside development, too. It moves no money: anybody takes goods for nothing.",
    )
    STRIPE = stripe_account(public_url=PUBLIC_URL, may_play=DEBUG or SANDBOX_PAYMENTS)
with env.group("Limits"):
    _limits = env.choice(
        "THROTTLE_RATES",
        default="on",
        choices=("on", "off"),
        help="Whether clients are limited, at sign-in too; off is for load tests.",
    )
    THROTTLE_RATES = {
        "default": env.rate("THROTTLE_DEFAULT", default="600/minute", help="API requests of one client."),
        "search": env.rate("THROTTLE_SEARCH", default="120/minute", help="Searches of one client."),
        "checkout": env.rate("THROTTLE_CHECKOUT", default="60/minute", help="Orders of one client."),
    }
    ACCOUNT_RATE_LIMITS: dict[str, str] | bool = sign_in_limits(
        env.rate(
            "THROTTLE_SIGN_IN", default="20/minute", help="Failed sign-ins of one address, for all accounts together."
        )
    )
    if _limits == "off":
        THROTTLE_RATES = {}
        ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
SPECTACULAR_SETTINGS = {
    "TITLE": "Saluhall",
    "VERSION": "1.0.0",
    "DESCRIPTION": "The shop's API: catalogue, carts, orders, people and messages.",
    "OAS_VERSION": "3.1.0",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "CONTACT": {"name": "The people of this shop", "url": PUBLIC_URL or "http://127.0.0.1"},
    "SERVERS": [{"url": PUBLIC_URL if IS_HTTPS else "/", "description": "This shop"}],
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "POSTPROCESSING_HOOKS": ["api.schema_hooks.complete"],
}

# --- Accounts (integrations/authentication) ----------------------------------
AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["integrations.authentication.backends.GuardedBackend"]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/dashboard/"
SECOND_FACTOR_URL = "/accounts/2fa/"
with env.group("Identity"):
    PASSWORD_BREACH_URL = env.url(
        "PASSWORD_BREACH_URL",
        schemes=("https", "http"),
        help="Refuse new passwords that leaked, by a list such as https://api.pwnedpasswords.com/range/, which gets five characters of a digest; empty: off.",
    )
    _mfa_required = env.choice(
        "MFA_REQUIRED_FOR_STAFF",
        default="",
        choices=("", "true", "false"),
        help="Whether staff has a regular user's rights until a second factor guards the account; empty: yes, but in development.",
    )
    MFA_REQUIRED_FOR_STAFF = _mfa_required == "true" or (not _mfa_required and not DEBUG)
    JWT_PRIVATE_KEY, JWT_PRIVATE_KEY_IS_KEPT = signing_key(
        env.secret(
            "JWT_PRIVATE_KEY",
            help="RSA key in PEM that signs tokens; line ends may be written as \\n. In development the first start writes one here.",
        ),
        file=BASE_DIR / ".env",
        is_development=DEBUG,
    )
    JWT_PREVIOUS_KEYS = previous_keys(
        env.secret(
            "JWT_PREVIOUS_KEYS", help="Keys in PEM that signed until lately, one after another; they still verify."
        ),
        current=JWT_PRIVATE_KEY,
    )
JWT_AUDIENCE = "commerce-api"
HEADLESS_JWT_PRIVATE_KEY = JWT_PRIVATE_KEY
IDP_OIDC_PRIVATE_KEY = JWT_PRIVATE_KEY
IDP_OIDC_PRIVATE_KEYS = [{"pem": JWT_PRIVATE_KEY}, *({"pem": pem} for pem in JWT_PREVIOUS_KEYS)]
SOCIALACCOUNT_PROVIDERS = sign_in_providers(is_development=DEBUG)
SIGN_IN_ORIGINS = origins_of(SOCIALACCOUNT_PROVIDERS)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
HEADLESS_FRONTEND_URLS = {
    "account_signup": f"{PUBLIC_URL}/accounts/signup/",
    "account_reset_password": f"{PUBLIC_URL}/accounts/password/reset/",
    "account_reset_password_from_key": f"{PUBLIC_URL}/accounts/password/reset/key/{{key}}/",
}

# --- Mail --------------------------------------------------------------------
with env.group("Mail"):
    EMAIL_URL = env.url(
        "EMAIL_URL",
        default="console://",
        schemes=EMAIL_SCHEMES,
        help="console:// (the log), smtp://user:password@host:587?starttls=true, smtps://user:password@host, file:///folder.",
    )
    DEFAULT_FROM_EMAIL = (
        env.text(
            "DEFAULT_FROM_EMAIL",
            help="Who mails come from while the shop's settings name no sender; empty: shop at PUBLIC_URL's host.",
        )
        or f"Saluhall <shop@{_public.hostname or 'localhost'}>"
    )
    EMAIL_TIMEOUT = env.seconds("EMAIL_TIMEOUT", default=10, minimum=1, maximum=25, help=TIMEOUT_HELP)
_mail = mail_settings(EMAIL_URL)
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_FILE_PATH = _mail.get("EMAIL_FILE_PATH")
EMAIL_HOST = _mail.get("EMAIL_HOST", "")
EMAIL_PORT = _mail.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)

# --- Text messages -----------------------------------------------------------
with env.group("Text messages"):
    TWILIO_ACCOUNT_SID = env.text(
        "TWILIO_ACCOUNT_SID",
        help="Twilio account that sends codes by text message; empty: phones are no second factor.",
    )
    TWILIO_AUTH_TOKEN = env.secret("TWILIO_AUTH_TOKEN", help="The account's token.")
    TWILIO_FROM = env.text("TWILIO_FROM", help="Number or name that messages come from, such as +15005550006.")
    TWILIO_BASE_URL = env.url(
        "TWILIO_BASE_URL", default="https://api.twilio.com", schemes=("http", "https"), help="Where Twilio answers."
    ).rstrip("/")
    TWILIO_TIMEOUT = env.seconds("TWILIO_TIMEOUT", default=10, help="How long to wait for Twilio.")
check_account(sid=TWILIO_ACCOUNT_SID, token=TWILIO_AUTH_TOKEN, sender=TWILIO_FROM)

# --- Logs --------------------------------------------------------------------
LOGGING_CONFIG = None
logging_settings(level=LOG_LEVEL, as_json=LOG_FORMAT == "json")
