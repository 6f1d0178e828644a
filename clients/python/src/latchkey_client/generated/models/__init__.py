"""Contains all the data models used in inputs/outputs"""

from .accepted import Accepted
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
from .email_request import EmailRequest
from .entity_problem import EntityProblem
from .entity_token import EntityToken
from .entity_token_refresh_request import EntityTokenRefreshRequest
from .entity_token_settings import EntityTokenSettings
from .exchange_request import ExchangeRequest
from .forgot_password_request import ForgotPasswordRequest
from .gateway_message import GatewayMessage
from .inactive_introspection import InactiveIntrospection
from .introspection_request import IntrospectionRequest
from .invitation_asked import InvitationAsked
from .jwk import Jwk
from .jwk_crv import JwkCrv
from .jwk_kty import JwkKty
from .jwk_set import JwkSet
from .link_request import LinkRequest
from .live_session import LiveSession
from .live_session_type import LiveSessionType
from .logged_out import LoggedOut
from .login import Login
from .login_problem import LoginProblem
from .login_request import LoginRequest
from .login_session import LoginSession
from .message import Message
from .password_link_asked import PasswordLinkAsked
from .password_request import PasswordRequest
from .password_token_request import PasswordTokenRequest
from .passwordless_token_request import PasswordlessTokenRequest
from .problem import Problem
from .problem_invalid_fields_item import ProblemInvalidFieldsItem
from .problem_type import ProblemType
from .renewal import Renewal
from .reset_password_request import ResetPasswordRequest
from .self_link import SelfLink
from .session import Session
from .session_list import SessionList
from .sign_up_confirm_request import SignUpConfirmRequest
from .sign_up_request import SignUpRequest
from .success import Success
from .user import User
from .user_change_request import UserChangeRequest
from .user_list import UserList
from .user_request import UserRequest

__all__ = (
    "Accepted",
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
    "EmailRequest",
    "EntityProblem",
    "EntityToken",
    "EntityTokenRefreshRequest",
    "EntityTokenSettings",
    "ExchangeRequest",
    "ForgotPasswordRequest",
    "GatewayMessage",
    "InactiveIntrospection",
    "IntrospectionRequest",
    "InvitationAsked",
    "Jwk",
    "JwkCrv",
    "JwkKty",
    "JwkSet",
    "LinkRequest",
    "LiveSession",
    "LiveSessionType",
    "LoggedOut",
    "Login",
    "LoginProblem",
    "LoginRequest",
    "LoginSession",
    "Message",
    "PasswordLinkAsked",
    "PasswordRequest",
    "PasswordTokenRequest",
    "PasswordlessTokenRequest",
    "Problem",
    "ProblemInvalidFieldsItem",
    "ProblemType",
    "Renewal",
    "ResetPasswordRequest",
    "SelfLink",
    "Session",
    "SessionList",
    "SignUpConfirmRequest",
    "SignUpRequest",
    "Success",
    "User",
    "UserChangeRequest",
    "UserList",
    "UserRequest",
)
