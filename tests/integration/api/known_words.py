"""What the schema cannot know, told to schemathesis: which things exist in this shop, and its currency."""

from typing import Any

NAMED = {
    "cart": "carts",
    "category": "categories",
    "parent": "categories",
    "product": "products",
    "variant": "variants",
    "media": "media",
}
"""Properties of a body that name another thing."""
UNKNOWABLE = {
    "cursor": "only the list before gives it out",
    "voucher": "the shop decides which codes there are",
    "options": "they must fit each other and those of the product",
    "password": "how easily it is guessed is no pattern",
    "shipping_method": "the shop decides which codes there are",
    "bank_iban": "its check digits are no pattern",
    "tracking_url": "an https address",
}
"""Values whose rules no schema can tell; the tests of each service send wrong ones."""
CENTS = r"^[0-9]{1,13}(\.[0-9]{1,2})?$"
OF_ONE = ("NewFulfilmentRequest", "NewRefundRequest")
"""Bodies with lines that must each name another SKU; the shop sold one."""


def with_known_words(schema: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """Return the schema narrowed to the things that exist."""
    components = schema["components"]["schemas"]
    components["Currency"]["enum"] = ["EUR"]
    components["Country"]["enum"] = ["FI", "SE"]  # two stand for all: every word is tried at every place
    components["PlaceOrderRequest"]["required"].append("email")  # of guests; a person's own is taken
    for name in ("MoneyRequest", "PriceFieldRequest"):
        components[name]["properties"]["amount"]["pattern"] = CENTS
    for name in ("NewLineRequest", "PiecesRequest"):
        components[name]["properties"]["sku"] = {"type": "string", "enum": [ids["stock"]]}
    components["NewRefundRequest"]["required"] = ["amount"]  # lines would do as well
    for name in OF_ONE:
        components[name]["properties"]["lines"]["maxItems"] = 1
    _know_programs(components)
    _know_vouchers(components)
    for methods in schema["paths"].values():
        for operation in methods.values():
            parameters = operation.get("parameters", ())
            operation["parameters"] = [one for one in parameters if one["name"] not in UNKNOWABLE]
    for name, component in components.items():
        if name.endswith("Request"):
            component["properties"] = {
                key: _known(part, ids[NAMED[key]] if key in NAMED else "")
                for key, part in component.get("properties", {}).items()
                if key not in UNKNOWABLE
            }
    return schema


def _know_programs(components: dict[str, Any]) -> None:
    """Let programs act for people: they need scopes, and an address that people come back to."""
    for name in ("ProgramInputRequest", "PatchedProgramInputRequest"):
        program = components[name]["properties"]
        for addresses in ("redirect_uris", "logout_uris"):
            program[addresses]["items"] = {"type": "string", "enum": ["https://app.example.com/back"]}
        for needed in ("scopes", "redirect_uris"):
            program[needed]["minItems"] = 1
    components["ProgramInputRequest"]["required"] += ["scopes", "redirect_uris"]


def _know_vouchers(components: dict[str, Any]) -> None:
    """Let vouchers make delivery free: what the other kinds take off depends on the kind."""
    for name in ("VoucherRequest", "PatchedVoucherRequest"):
        voucher = components[name]
        voucher["properties"]["kind"] = {"type": "string", "enum": ["free_shipping"]}
        voucher["required"] = ["code", "kind"]
        for unknowable in ("percent", "amount", "valid_until"):
            del voucher["properties"][unknowable]
    components["CodeRequest"]["properties"]["code"] = {"type": "string", "enum": ["FRIENDS"]}


def _known(part: dict[str, Any], word: str) -> dict[str, Any]:
    """Return the part of the schema with the one word that exists."""
    if not word:
        return part
    return {**part, "enum": [[word]] if part.get("type") == "array" else [word]}


def existing_things(schema: dict[str, Any], ids: dict[str, str]) -> str:
    """Return the configuration that puts existing things into addresses; what is deleted is made up."""
    lines: list[str] = []
    for path, methods in schema["paths"].items():
        thing = ids.get(path.split("/")[3], "")
        names = {"id": thing, "line_id": ids["line_id"], "order_id": ids["orders"], "sku": ids["stock"]}
        names["job_id"] = ids["product-imports"]
        for method in methods.keys() - {"delete", "parameters"}:
            known = [f'"path.{name}" = "{value}"' for name, value in names.items() if f"{{{name}}}" in path and value]
            if known:
                lines += [
                    "",
                    "[[operations]]",
                    f'include-name = "{method.upper()} {path}"',
                    f"parameters = {{ {', '.join(known)} }}",
                ]
    return "\n".join(lines)
