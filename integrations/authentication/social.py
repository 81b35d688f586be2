"""Sign-in by Google, GitHub and any OpenID Connect provider."""

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter


class SocialAdapter(DefaultSocialAccountAdapter):
    """Fits other companies' sign-in to our user."""
