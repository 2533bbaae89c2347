"""What buyers type."""

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entrepot_mall.members.rules import read_phone, read_place


class PhoneField(forms.CharField):
    """A mobile number."""

    def clean(self, value: str) -> str:
        """The number without spaces."""
        number = read_phone(super().clean(value))
        if number is None:
            raise forms.ValidationError(_("Please enter a mobile number of 11 digits"))
        return number


class SignInForm(forms.Form):
    """Phone and password."""

    phone = PhoneField(
        label=gettext_lazy("Mobile number"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "username", "inputmode": "tel"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=100,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SignUpForm(SignInForm):
    """The same with a name, for somebody new."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=gettext_lazy("Password, at least 8 characters"),
        max_length=100,
        validators=[validate_password],
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    field_order = ("phone", "name", "password")


class AddressForm(forms.Form):
    """To whom and where; the address in one line, told apart by ourselves."""

    name = forms.CharField(
        label=gettext_lazy("Consignee"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    phone = PhoneField(
        label=gettext_lazy("Mobile number"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    place = forms.CharField(
        label=gettext_lazy("Address: province, city, district, street and number"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    remark = forms.CharField(label=gettext_lazy("Remark"), max_length=200, required=False)

    def clean_place(self) -> str:
        """The address as typed, when its parts can be told apart."""
        text: str = self.cleaned_data["place"]
        if read_place(text) is None:
            raise forms.ValidationError(
                _("Please write province, city, district and the rest, for example 广东省深圳市南山区科技园路1号")
            )
        return text

    def consignee(self) -> dict[str, str]:
        """What the platform is told."""
        place = read_place(self.cleaned_data["place"])
        if place is None:
            raise ValueError("ask is_valid first")
        return {
            "name": self.cleaned_data["name"],
            "phone": self.cleaned_data["phone"],
            "province": place.province,
            "city": place.city,
            "district": place.district,
            "address": place.address,
        }


class BusinessForm(forms.Form):
    """What a business buyer says of himself."""

    company = forms.CharField(label=gettext_lazy("Company"), max_length=120)
    licence_no = forms.RegexField(
        label=gettext_lazy("Business licence number"),
        regex=r"^[0-9A-Z]{15,18}$",
        max_length=18,
        error_messages={"invalid": gettext_lazy("15 to 18 digits and capital letters")},
    )
    business_address = forms.CharField(label=gettext_lazy("Business address"), max_length=200)
