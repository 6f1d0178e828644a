"""Contains all the data models used in inputs/outputs"""

from .acl_item import AclItem
from .acl_item_scope import AclItemScope
from .active_introspection import ActiveIntrospection
from .algorithm import Algorithm
from .auth_header import AuthHeader
from .auth_header_delete_request import AuthHeaderDeleteRequest
from .auth_header_request import AuthHeaderRequest
from .authentication_token import AuthenticationToken
from .authorizer_context import AuthorizerContext
from .authorizer_context_kind import AuthorizerContextKind
from .credential_kind import CredentialKind
from .custom_claims import CustomClaims
from .customer_link import CustomerLink
from .discovery import Discovery
from .entity_problem import EntityProblem
from .entity_token import EntityToken
from .entity_token_refresh_request import EntityTokenRefreshRequest
from .entity_token_settings import EntityTokenSettings
from .exchange_request import ExchangeRequest
from .gateway_message import GatewayMessage
from .inactive_introspection import InactiveIntrospection
from .introspection_request import IntrospectionRequest
from .jwk import Jwk
from .jwk_crv import JwkCrv
from .jwk_kty import JwkKty
from .jwk_set import JwkSet
from .live_session import LiveSession
from .live_session_type import LiveSessionType
from .logged_out import LoggedOut
from .login import Login
from .login_problem import LoginProblem
from .login_request import LoginRequest
from .message import Message
from .password_request import PasswordRequest
from .password_token_request import PasswordTokenRequest
from .passwordless_token_request import PasswordlessTokenRequest
from .problem import Problem
from .problem_invalid_fields_item import ProblemInvalidFieldsItem
from .problem_type import ProblemType
from .renewal import Renewal
from .self_link import SelfLink
from .session import Session
from .success import Success

__all__ = (
    "AclItem",
    "AclItemScope",
    "ActiveIntrospection",
    "Algorithm",
    "AuthHeader",
    "AuthHeaderDeleteRequest",
    "AuthHeaderRequest",
    "AuthenticationToken",
    "AuthorizerContext",
    "AuthorizerContextKind",
    "CredentialKind",
    "CustomClaims",
    "CustomerLink",
    "Discovery",
    "EntityProblem",
    "EntityToken",
    "EntityTokenRefreshRequest",
    "EntityTokenSettings",
    "ExchangeRequest",
    "GatewayMessage",
    "InactiveIntrospection",
    "IntrospectionRequest",
    "Jwk",
    "JwkCrv",
    "JwkKty",
    "JwkSet",
    "LiveSession",
    "LiveSessionType",
    "LoggedOut",
    "Login",
    "LoginProblem",
    "LoginRequest",
    "Message",
    "PasswordRequest",
    "PasswordTokenRequest",
    "PasswordlessTokenRequest",
    "Problem",
    "ProblemInvalidFieldsItem",
    "ProblemType",
    "Renewal",
    "SelfLink",
    "Session",
    "Success",
)
