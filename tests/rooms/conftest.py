"""Staff of the three back offices, pictures, and the databases' superuser."""

import io
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from PIL import Image

from entrepot_launch import roles


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Hash passwords fast: how slowly it is done in earnest is not what these tests are about."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def admin(committed: roles.Access) -> str:
    """The line under which a platform user who may do everything acts."""
    return _admin()


def _admin() -> str:
    from entrepot.base.actors import staff
    from entrepot.parties.actions import create_user
    from entrepot.parties.models import Role

    role = Role.objects.get(kind="platform", name="超级管理员")
    made = create_user("platform", username=f"a{uuid.uuid4().hex[:12]}", role_ids=[role.pk], actor="system")
    return staff("platform", party_id=0, user_id=made.user.pk, name="林知远")


@pytest.fixture
def mark() -> str:
    """A few letters no other test uses."""
    return uuid.uuid4().hex[:8]


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    """A folder of its own for the pictures of one test."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def superuser(fresh_database: roles.Access) -> Iterator[psycopg.Connection]:
    """Somebody with all rights on the fresh database, past triggers and policies: a thief, or a broken disk."""
    with psycopg.connect(fresh_database.admin_url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        yield connection


def picture(*, size: tuple[int, int] = (640, 480), colour: str = "red", form: str = "JPEG") -> bytes:
    """A picture as a camera or a designer would send it."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, form)
    return buffer.getvalue()
