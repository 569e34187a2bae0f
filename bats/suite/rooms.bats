#!/usr/bin/env bats
# The plan of the house: what `make lint` says of a tree whose arrows go up, or whose map or comments lack something.

# What make does is the same for everybody.
# bats file_tags=level:priv

load ../helpers

setup() {
    begin_test
    make_tree
}

# make_tree: two rooms and what is loose, as their map has them.
make_tree() {
    mkdir -p Sources/House/{Upper,Lower} Sources/Ground
    cat >CONTRIBUTING.md <<'END_OF_PAGE'
```
Sources/
  House/       all of it
    Upper/       what calls
    *.swift      what both know
    Lower/       what is called
  Ground/      what it stands on
```
END_OF_PAGE
    cat >Sources/House/Upper/Roof.swift <<'END_OF_FILE'
import Ground

struct Roof { var wall = Wall() }

func raise(_ wall: Wall) {}

extension Stone {
    var polished: Stone { self }
}
END_OF_FILE
    echo 'enum Plan {}' >Sources/House/Plan.swift
    echo 'struct Wall {}' >Sources/House/Lower/Wall.swift
    cat >Sources/Ground/Stone.swift <<'END_OF_FILE'
/// A stone.
package struct Stone {
    /// How heavy it is.
    @Sendable package func weight() {}
    func hidden() {}
}
END_OF_FILE
    cat >Sources/Ground/Grain.swift <<'END_OF_FILE'
enum Grain: String {
    case fine = "fine, or nearly"
    init?(of stone: Stone, or text: String) { nil }
}
END_OF_FILE
}

# behaviour: a file that names what a room above its own defines is told, with both places, and what goes down is not
# documented: CONTRIBUTING.md, "The tree"
# status: beyond
# why: make's work, whoever runs stacker
@test "an arrow that goes up" {
    run -0 "$TOP/tools/report/check-rooms" "$PWD"
    assert_output ""
    cat >Sources/House/Lower/Cellar.swift <<'END_OF_FILE'
// A Roof, in a comment.
struct Cellar {
    let text = "a Roof, \(Plan.self)"
    func build(raise: Int) { print(raise) }
}
END_OF_FILE
    run -1 "$TOP/tools/report/check-rooms" "$PWD"
    assert_output --regexp '^Sources/House/Lower/Cellar\.swift:3: names Plan, which Plan\.swift defines: [^'$'\n'']*$'
    cat >Sources/House/Lower/Cellar.swift <<'END_OF_FILE'
import Ground

extension Roof {}

func build(_ stone: Stone, on wall: Wall) -> Roof {
    raise(wall)
    return Roof(stone.polished)
}
END_OF_FILE
    run -1 "$TOP/tools/report/check-rooms" "$PWD"
    assert_equal "${#lines[@]}" 3
    assert_line --partial 'Sources/House/Lower/Cellar.swift:3: names Roof, which Upper/Roof.swift defines: '
    assert_line --partial 'Sources/House/Lower/Cellar.swift:6: names raise, which Upper/Roof.swift defines: '
    assert_line --partial 'Sources/House/Lower/Cellar.swift:7: names polished, which Upper/Roof.swift defines: '
    run -0 "$TOP/tools/report/check-rooms" --graph "$PWD"
    assert_line --regexp '^ +-> Lower: Wall$'
    assert_line --regexp '^ +UP Upper: Roof, polished, raise$'
}

# behaviour: a name that only looks like another is no arrow where a comment says why, and no comment says so in vain
# documented: CONTRIBUTING.md, "The tree"
# status: beyond
# why: make's work, whoever runs stacker
@test "what is not an arrow" {
    printf 'import Elsewhere\n\n// not an arrow: Roof: Elsewhere has one, too\nlet it = Roof()\n' >Sources/House/Lower/Cellar.swift
    run -0 "$TOP/tools/report/check-rooms" "$PWD"
    sed -i s/Roof:/Roof/ Sources/House/Lower/Cellar.swift
    run -1 "$TOP/tools/report/check-rooms" "$PWD"
    printf '// not an arrow: Roof: once it was named here\n' >Sources/House/Lower/Cellar.swift
    run -1 "$TOP/tools/report/check-rooms" "$PWD"
    assert_output --regexp '^Sources/House/Lower/Cellar.swift: .* Roof .*take that out$'
}

# behaviour: folders and the map must say the same, each with what it is for, and imports go down the list of targets
# documented: CONTRIBUTING.md, "The tree"
# status: beyond
# why: make's work, whoever runs stacker
@test "the map and the house" {
    mkdir Sources/House/Attic Sources/Annex
    echo 'struct Box {}' >Sources/House/Attic/Box.swift
    sed -i '/\*\.swift/d; s/    Lower.*/    Cellar\/      what is called/; s/what calls//' CONTRIBUTING.md
    echo 'import House' >>Sources/Ground/Stone.swift
    run -1 "$TOP/tools/report/check-rooms" "$PWD"
    assert_line --partial 'Sources/House/Attic/ is not in the map'
    assert_line --partial 'Sources/House/Lower/ is not in the map'
    assert_line --partial 'Sources/House/*.swift is not in the map'
    assert_line --partial 'Sources/Annex/ is not in the map'
    assert_line --partial 'Sources/House/Cellar/ is in the map of CONTRIBUTING.md, and '
    assert_line --partial 'CONTRIBUTING.md:4: says nothing of what Upper/ is for'
    assert_line --partial 'Sources/Ground/Stone.swift:7: imports House, which is above Ground; '
    assert_equal "${#lines[@]}" 7
    echo none >CONTRIBUTING.md
    run -1 "$TOP/tools/report/check-rooms" "$PWD"
    assert_line --partial 'CONTRIBUTING.md: has no map'
}

# behaviour: what is `package` and has no comment is found, be it in an extension or on one line with attributes
# documented: CONTRIBUTING.md, "Style"
# status: beyond
# why: make's work, whoever runs stacker
@test "a declaration without a comment" {
    run -0 "$TOP/tools/report/check-docs" "$PWD"
    assert_output ""
    cat >>Sources/Ground/Stone.swift <<'END_OF_FILE'
package protocol Hard { func crack() }
extension Stone: Hard, CustomStringConvertible {
    @inlinable package static func crack() {}
    package init(from text: String) {}
    // Not this.
    package private(set) var edge: Int
    package var description: String { "" }
    package init(from decoder: any Decoder) {}
    private var own: Int { 0 }
    /// What it is.
    @Sendable
    package func known() { let package = 1 }
}
END_OF_FILE
    run -1 "$TOP/tools/report/check-docs" "$PWD"
    assert_line --partial 'Sources/Ground/Stone.swift:7: protocol Hard has no doc comment'
    assert_line --partial 'Sources/Ground/Stone.swift:7: func crack has no doc comment'
    assert_line --partial 'Sources/Ground/Stone.swift:9: func crack has no doc comment'
    assert_line --partial 'Sources/Ground/Stone.swift:10: init of Stone has no doc comment'
    assert_line --partial 'Sources/Ground/Stone.swift:12: var edge has no doc comment'
    assert_equal "${#lines[@]}" 5
}
