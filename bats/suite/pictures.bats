#!/usr/bin/env bats
# The pictures of docs/ that `make pictures` draws of what the program says: they show what it says today.
#
# bats file_tags=level:priv

load ../helpers

# build_the_example: builds examples/collapsed into apart, with a trace, and collapsed into oci. Nothing of it has to take long.
build_the_example() {
    requires umoci
    busybox_base
    sed /sleep/d "$TOP/examples/collapsed/stacker.yaml" >stacker.yaml
    stacker build --jobs 2 --timing
    cp -R oci apart
    stacker build --collapse-build-only
}

# words_of PICTURE CLASS…: what its layers say in texts of these classes, a line for each column's heading and for each layer from
# below. How large something is, and how many names a base has, depends on the machine.
words_of() {
    python3 - "$@" <<'END_OF_SCRIPT'
import re, sys
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
path, *classes = sys.argv[1:]
for group in ElementTree.parse(path).getroot().iter(f"{SVG}g"):
    words = [text.text for text in group.iter() if set((text.get("class") or "").split()) & set(classes)]
    print(re.sub(r"\d+", "N", ": ".join(words)))
END_OF_SCRIPT
}

# behaviour: the picture of an image's layers, apart and collapsed, has those that the program makes of the example today, in their order, with what is in them
# documented: docs/splitting.md#what-it-costs; docs/recipe.md#collapsing
# status: beyond
# why: nothing of it depends on who runs stacker
@test "the picture of layers is true" {
    build_the_example
    "$TOP/tools/report/draw-layers.py" "$STACKER_BINARY" program "apart=stacker build" "oci=stacker build --collapse-build-only" >drawn.svg
    for layout in apart oci; do
        stacker --oci-dir "$layout" inspect program --json |
            jq -r '.[].config.history[] | select(.empty_layer | not).created_by | gsub("[0-9]+"; "N")'
    done >said
    assert_equal "$(words_of "$TOP/docs/collapsed.svg" name)" "$(<said)"
    assert_equal "$(words_of drawn.svg name about)" "$(words_of "$TOP/docs/collapsed.svg" name about)"
    # And what that is, by another reader of the layout than the one that draws.
    run words_of drawn.svg name about
    assert_line "stacker build of tools: /opt/tools/compiler, hidden"
    assert_equal "$(layer_tar program 1 apart | tar t | grep -v '/$')" opt/tools/compiler
    assert_line "stacker build of program: /usr/bin/program: deletes /opt/tools, /src"
    assert_equal "$(layer_tar program -1 apart | tar t | grep -F .wh. | sort)" $'.wh.src\nopt/.wh.tools'
    assert_line "stacker build of program: /usr/bin/program, /usr/share/doc/manual"
    assert_equal "$(layer_tar program -1 oci | tar t | grep -v '/$' | sort)" $'usr/bin/program\nusr/share/doc/manual'
    # What is larger is higher.
    run python3 - drawn.svg <<'END_OF_SCRIPT'
import sys
from xml.etree import ElementTree
groups = ElementTree.parse(sys.argv[1]).getroot().findall("{http://www.w3.org/2000/svg}g")
heights = [float(group[0].get("height")) for group in groups]
print(heights[1] > heights[2] > heights[0] and heights[6] > heights[5])
END_OF_SCRIPT
    assert_output True
}

# behaviour: the picture of a build has the layers that a build of the example has today, and the steps of each are steps that the page explains
# documented: docs/commands.md#timing
# status: beyond
# why: nothing of it depends on who runs stacker
@test "the picture of a build is true" {
    build_the_example
    "$TOP/tools/report/draw-timing.py" .stacker/timing.json >drawn.svg
    names=$(words_of drawn.svg name | sort)
    assert_equal "$names" $'manual\nobjects\nprogram\ntools'
    assert_equal "$(words_of "$TOP/docs/timing.svg" name | sort)" "$names"
    for picture in drawn.svg "$TOP/docs/timing.svg"; do
        assert_equal "$(grep '^<desc' "$picture" | grep -o 'needs [^;.]*' | sort)" \
            $'needs manual, objects\nneeds tools\nneeds tools'
    done
    sed -n '/^## Timing/,/^## /s/^| \(`[^|]*`\) |.*/\1/p' "$TOP/docs/commands.md" | tr -d '` ' | tr , '\n' >explained
    grep -oE 'class="[a-z]+ box"' "$TOP/docs/timing.svg" | cut -d '"' -f 2 | cut -d ' ' -f 1 | grep -vx other | sort -u >drawn
    assert_equal "$(grep -cxFf explained drawn)" "$(wc -l <drawn)"
    (($(wc -l <drawn) > 2))
}

# behaviour: these pictures load nothing, say to who can't see them what they show, and have colours for the dark
# documented: docs/splitting.md#what-it-costs; docs/commands.md#timing
# status: beyond
# why: nothing of it depends on who runs stacker
@test "pictures for everybody" {
    python3 - "$TOP"/docs/{collapsed,timing}.svg <<'END_OF_SCRIPT'
import sys
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
for path in sys.argv[1:]:
    root = ElementTree.parse(path).getroot()
    ids = [root.find(SVG + tag).get("id") for tag in ("title", "desc")]
    assert root.get("aria-labelledby").split() == ids and root.get("role") == "img", path
    description = root.find(f"{SVG}desc").text
    for text in root.iterfind(f".//{SVG}g//*[@class='name']"):
        assert text.text in description, text.text
    assert "prefers-color-scheme: dark" in root.find(f"{SVG}style").text
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {"svg", "title", "desc", "style", "rect", "path", "g", "text", "tspan"}
    assert not any("href" in name for each in root.iter() for name in each.keys()), path
END_OF_SCRIPT
}

# behaviour: `make pictures` draws both anew
# documented: docs/splitting.md#what-it-costs; docs/commands.md#timing
# status: beyond
# why: nothing of it depends on who runs stacker
@test "pictures are drawn anew" {
    requires umoci
    mkdir docs
    "$TOP/tools/report/draw-pictures" "$STACKER_BINARY" docs
    for name in collapsed timing; do
        assert_equal "$(words_of "docs/$name.svg" name about | sort)" "$(words_of "$TOP/docs/$name.svg" name about | sort)"
    done
    run make -C "$TOP" -n pictures STACKER=/elsewhere/stacker
    assert_line --partial "tools/report/draw-pictures /elsewhere/stacker"
}
