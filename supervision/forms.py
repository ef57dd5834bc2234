"""Shapes of what comes in to supervision."""

from pydantic import Field

from identity.forms import ApiModel
from trading.rules.disclosure import Audience


class BundleQuery(ApiModel):
    """For whom a bundle is asked, if for less than the viewer may have."""

    audience: Audience | None = Field(None, alias="for")
