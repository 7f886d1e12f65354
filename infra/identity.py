"""Who may use the desk's API: a user pool. Groups say for which merchants, in which role and in which team: ``merchant.<m>``, ``role.<r>``, ``team.<t>``."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.stages import Stage
from stopship.contract import ROLES, TEAMS


class Identity(Construct):
    def __init__(self, scope: Construct, id_: str, stage: Stage) -> None:
        super().__init__(scope, id_)
        self.pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            password_policy=cognito.PasswordPolicy(
                min_length=12, require_digits=True, require_lowercase=True, require_symbols=True, require_uppercase=True
            ),
            mfa=cognito.Mfa.REQUIRED if stage.require_mfa else cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            deletion_protection=stage.retain_data,
            removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
        )
        self.client = self.pool.add_client(
            "Desk",
            auth_flows=cognito.AuthFlow(user_srp=True, user_password=True),
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.hours(12),
        )
        for name in groups(stage):
            cognito.CfnUserPoolGroup(self, name, user_pool_id=self.pool.user_pool_id, group_name=name)


def groups(stage: Stage) -> list[str]:
    """Every role and team, and the merchants that the stage knows. One that is connected without a deployment gets its group by hand."""
    merchants = [f"merchant.{name}" for name in stage.merchants]
    return [*(f"role.{name}" for name in ROLES), *(f"team.{name}" for name in TEAMS), *merchants]
