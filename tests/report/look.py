#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The checks of tests/report/run. Each prints the errors and fails.

page PAGE                     well-formed, self-contained, and accessible
rows PAGE                     print the rows of the tables, with tabs
measure PAGE OUT              write a copy of PAGE that measures itself
height DOM                    print the height of the measured page in pixels
pixels DOM PNG RESULTS        each plot of RESULTS is visible
dark PNG                      light text on dark
print PAGE TEXT RESULTS       each heading and plot is in the text of the PDF
"""
import glob
import json
import os
import re
import sys
import xml.etree.ElementTree as ET

OUTSIDE = re.compile(r"(https?|file|data|ftp):|url\(\s*['\"]?(?!#)|@import",
                     re.IGNORECASE)
LOADS = ("a", "area", "audio", "base", "embed", "iframe", "image", "img",
         "input", "link", "object", "script", "source", "video")

# minimum for a plot with one line
COLOURS = 8
DRAWN = 0.002

MEASURE = """<script>
const found = {height: document.documentElement.scrollHeight, figures: {}};
for (const svg of document.querySelectorAll("figure > svg")) {
	const box = svg.getBoundingClientRect();
	found.figures[svg.parentNode.id] =
		[box.left, box.top, box.right, box.bottom].map(Math.round);
}
document.body.setAttribute("data-found", JSON.stringify(found));
</script>
</body>"""

bad = []


def check(right, text):
    if not right:
        bad.append(text)


def read(path):
    with open(path) as f:
        return f.read()


def parse(path):
    return ET.fromstring(read(path).removeprefix("<!DOCTYPE html>"))


def words(element):
    return " ".join("".join(element.itertext()).split())


def ident_of(svg_path, directory):
    name = os.path.relpath(svg_path, directory).removesuffix(".svg")
    return "fig-" + name.replace("/", "-")


def plots(directory):
    """The plots that the page should have: names of figures, and files."""
    paths = sorted(glob.glob(directory + "/*.svg") +
                   glob.glob(directory + "/demo/*.svg") +
                   glob.glob(directory + "/study/*.svg"))
    # only plots that have figures
    return {ident_of(p, directory): p for p in paths
            if os.path.exists(p.removesuffix("svg") + "json")}


def check_closed(root, text):
    for match in OUTSIDE.finditer(text):
        check(False, f"refers to something: {match[0]}")
    idents = [e.get("id") for e in root.iter() if e.get("id")]
    for ident in set(idents):
        check(idents.count(ident) == 1, f"not the only id: {ident}")
    for element in root.iter():
        if element.tag in LOADS:
            check(element.tag == "a", f"has {element.tag}")
        for name, value in element.attrib.items():
            check(not name.startswith("on"), f"has {name}")
            refs = re.findall(r"url\(#([^)]*)\)", value)
            if name in ("href", "src", "data", "action", "srcset"):
                check(value.startswith("#"), f"{name} is {value}")
                refs.append(value[1:])
            if name == "aria-labelledby":
                refs += value.split()
            for ref in refs:
                check(ref in idents, f"there is no {ref}")


def check_accessible(root):
    check(root.get("lang") == "en", "no language")
    check(root.find("head/title") is not None, "no title")
    levels = [int(e.tag[1]) for e in root.iter() if re.match("h[1-6]$", e.tag)]
    check(levels[:1] == [1] and levels.count(1) == 1, "not one h1")
    for above, below in zip(levels, levels[1:]):
        check(below <= above + 1, f"h{below} follows h{above}")
    for table in root.iter("table"):
        caption = table.find("caption")
        check(caption is not None and words(caption),
              f"{table.get('id')} has no caption")
        heads = table.findall("thead/tr/th")
        check(heads and all(h.get("scope") == "col" for h in heads),
              f"{table.get('id')} has a head without scope")
        rows = table.findall("tbody/tr")
        check(rows, f"{table.get('id')} is empty")
        for row in rows:
            check(row[0].tag == "th" and row[0].get("scope") == "row" and
                  len(row) == len(heads), f"{table.get('id')}: {words(row)}")
        if "instructions" in words(caption).lower():
            check("under emulation, counts not cycles" in words(caption),
                  f"{table.get('id')} does not say what its counts are")
    for figure in root.iter("figure"):
        caption = figure.find("figcaption")
        check(caption is not None and words(caption),
              f"{figure.get('id')} has no caption")
        svg = figure.find("svg")
        check(svg is not None and svg.get("role") == "img" and
              all(words(svg.find(t)) not in ("", "Gnuplot", "Sample")
                  for t in ("title", "desc")),
              f"{figure.get('id')} has no title")


def look_page(page):
    root = parse(page)
    check_closed(root, read(page))
    check_accessible(root)


def show_rows(page):
    for table in parse(page).iter("table"):
        for row in table.findall("tbody/tr"):
            print("\t".join([table.get("id")] + [words(c) for c in row]))


def measure(page, out):
    with open(out, "w") as f:
        f.write(read(page).replace("</body>", MEASURE))


def found(dom):
    match = re.search(r'data-found="([^"]*)"', read(dom))
    return json.loads(match[1].replace("&quot;", '"'))


def drawn(part):
    """How many colours there are, and how much is not the background."""
    colours = part.getcolors(part.width * part.height)
    return len(colours), 1 - max(n for n, _ in colours) / sum(
        n for n, _ in colours)


def look_pixels(dom, png, directory):
    # Debian's python3 has it
    from PIL import Image

    with Image.open(png) as image:
        image = image.convert("RGB")
    measured = found(dom)
    check(drawn(image)[0] > COLOURS, "the page is blank")
    check(image.height >= measured["height"],
          f"the picture has {image.height} of {measured['height']} lines")
    want = plots(directory)
    for ident in sorted(want.keys() ^ measured["figures"].keys()):
        check(False, f"{ident} is not on both, the page and the disk")
    for ident, box in measured["figures"].items():
        if box[2] - box[0] < 100 or box[3] - box[1] < 100:
            check(False, f"{ident} has no room: {box}")
            continue
        # without its frame
        left, top, right, bottom = box
        colours, part = drawn(image.crop((left + 8, top + 8, right - 8,
                                          bottom - 8)))
        print(f"# {ident}: {colours} colours, {100 * part:.1f} % drawn")
        check(colours > COLOURS and part > DRAWN,
              f"{ident} is empty: {colours} colours, {100 * part:.1f} % drawn")


def look_dark(png):
    from PIL import Image

    with Image.open(png) as image:
        image = image.convert("L").crop((0, 0, image.width, 300))
    ground = max(image.getcolors())[1]
    check(ground < 64, f"not dark: {ground} of 255")
    check(image.getextrema()[1] > 192, "no light text")


def plain_words(path):
    """Those of a plot that are in one piece in print: not of slanted lines."""
    svg = "{http://www.w3.org/2000/svg}"
    parents = {c: p for p in ET.parse(path).iter() for c in p}
    found = set()
    for element in parents:
        if element.tag == svg + "text" and \
           "rotate" not in parents[element].get("transform", ""):
            found |= set(words(element).split())
    return found


def look_print(page, text, directory):
    """Headings by their words, plots whole: all of their words on one page."""
    root = parse(page)
    pages = [set(p.split()) for p in read(text).split("\f")]
    lines = "\n".join(line.strip() for line in read(text).split("\n"))
    for element in root.iter():
        if re.match("h[1-6]$", element.tag):
            # on lines of its own
            heading = r"\s+".join(map(re.escape, words(element).split()))
            check(re.search(f"^{heading}$", lines, re.M),
                  f"not in print: {words(element)}")
    for ident, path in plots(directory).items():
        figure = root.find(f".//figure[@id='{ident}']")
        if figure is None:
            check(False, f"there is no {ident}")
            continue
        want = set(words(figure.find("figcaption")).split())
        want |= plain_words(path)
        left = min((want - p for p in pages), key=len)
        check(not left, f"{ident} is cut: without {sorted(left)}")


def main():
    commands = {"page": look_page, "rows": show_rows, "measure": measure,
                "height": lambda dom: print(found(dom)["height"]),
                "pixels": look_pixels, "dark": look_dark, "print": look_print}
    args = sys.argv[1:]
    if not args or args[0] not in commands:
        sys.exit(__doc__)
    commands[args[0]](*args[1:])
    for text in bad:
        print(text)
    sys.exit(bool(bad))


main()
