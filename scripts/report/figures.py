# SPDX-License-Identifier: GPL-2.0
"""Embed plots of gnuplot in an HTML page."""
import re
import xml.etree.ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
URL = re.compile(r"url\(\s*['\"]?([^'\")]*)['\"]?\s*\)")

# not needed in a plot, and could refer to other files
REFUSED = ("a", "foreignObject", "iframe", "image", "script", "style")


class Bad(Exception):
    """A plot that cannot be put into a page."""


def local(ref, prefix):
    if not ref.startswith("#"):
        raise Bad(f"refers to {ref}")
    return f"#{prefix}-{ref[1:]}"


def rename(attribute, value, prefix):
    """Translate an attribute of the file for the page."""
    if attribute == LINK:
        return "href", local(value, prefix)
    if attribute.startswith("{"):
        return None, None
    if attribute == "id":
        return attribute, f"{prefix}-{value}"
    if attribute == "href":
        return attribute, local(value, prefix)
    if attribute.startswith("on"):
        raise Bad(f"has {attribute}")
    return attribute, URL.sub(
        lambda m: f"url({local(m[1], prefix)})", value)


def rename_all(root, prefix):
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        element.tag = element.tag.removeprefix(SVG)
        if element.tag.startswith("{") or element.tag in REFUSED:
            raise Bad(f"has {element.tag}")
        old = dict(element.attrib)
        element.attrib.clear()
        for attribute, value in old.items():
            name, value = rename(attribute, value, prefix)
            if name:
                element.set(name, value)


def size(root):
    """Width and height in pixels, which the viewBox has if there is one."""
    box = (root.get("viewBox") or "").split()
    if len(box) != 4:
        box = [0, 0, root.get("width", ""), root.get("height", "")]
        root.set("viewBox", " ".join(str(b) for b in box))
    try:
        width, height = float(box[2]), float(box[3])
    except ValueError:
        raise Bad("has no size") from None
    if width <= 0 or height <= 0:
        raise Bad("has no size")
    return width, height


def inline_svg(path, prefix, title, description):
    """The plot in a file: ids of its own, a title, and the page's width."""
    try:
        root = ET.parse(path).getroot()
    except ET.ParseError as e:
        raise Bad(f"is no XML: {e}") from None
    if root.tag != SVG + "svg":
        raise Bad("is no SVG")
    rename_all(root, prefix)
    width, height = size(root)
    for child in list(root):
        if child.tag in ("title", "desc"):
            root.remove(child)
    for tag, text in ("desc", description), ("title", title):
        child = ET.Element(tag, {"id": f"{prefix}-{tag}"})
        child.text = text
        root.insert(0, child)
    for name in "width", "height", "id":
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{prefix}-title {prefix}-desc")
    root.set("style", f"aspect-ratio:{width:g}/{height:g};"
                      f"max-width:{width:g}px")
    root.tail = None
    return ET.tostring(root, encoding="unicode")
