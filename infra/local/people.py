"""One person for each role, who can sign in to the console of this machine and of no other."""

from typing import TYPE_CHECKING, Final

from infra.local.api import create_groups

if TYPE_CHECKING:
    from infra.local.desk import LocalDesk

ROLES: Final = ("agent", "lead", "finance", "auditor", "admin")
PASSWORD: Final = "Local-desk-1!"  # noqa: S105 - of people who are only on this machine
PEOPLE: Final = {role: f"{role}@console.example" for role in ROLES}


def seed_people(desk: "LocalDesk", merchants: list[str]) -> None:
    """Each works for all merchants. Who is there already stays."""
    places = [f"merchant.{m}" for m in merchants]
    create_groups(desk, [*places, *(f"role.{role}" for role in ROLES)])
    cognito, pool = desk.emulator.client("cognito-idp"), desk.outputs["UserPoolId"]
    for role, name in PEOPLE.items():
        try:
            cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
        except cognito.exceptions.UsernameExistsException:
            continue
        cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True)
        for group in (*places, f"role.{role}"):
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=group)
