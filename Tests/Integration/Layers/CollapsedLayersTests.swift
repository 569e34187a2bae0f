import Glibc
import Testing

@Suite("One layer in place of several", .serialized, .enabled(if: geteuid() == 0, "needs root"))
struct CollapsedLayersTests {
    /// Random trees, edited at random through the kernel's overlay. The seed and the scripts are what a failure prints.
    @Test("random edits are the same, and nothing hidden is left of them", arguments: 1...6, 0...2)
    func randomEdits(seed: UInt64, below: Int) throws {
        var edits = RandomEdits(seed: 100 + seed)
        let history = LayerHistory(scripts: (0..<4).map { _ in edits.script(30) })
        let faults = try history.faultsCollapsed(over: below)
        #expect(
            faults.isEmpty,
            "seed \(seed), over \(below): \(faults.joined(separator: "\n"))\n\(history.scripts.joined(separator: "--- next script\n"))"
        )
    }

    /// Of two layers, both in one.
    @Test("an odd change is the same", arguments: LayerReadersTests.cases)
    func oddChange(change: LayerReadersTests.Case) throws {
        let history = LayerHistory(scripts: [change.below, change.above], squashfs: change.squashfs)
        let faults = try history.faultsCollapsed(over: 0)
        #expect(faults.isEmpty, "\(faults.joined(separator: "\n"))")
    }

    struct Chain: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var scripts: [String]

        init(_ name: String, _ scripts: String...) { (testDescription, self.scripts) = (name, scripts) }
    }

    static let chains = [
        Chain("a file that came and went", "echo it >it", "echo big >big; echo new >new", "rm big"),
        Chain("a file that was replaced and went", "echo it >it; echo f >f", "echo more >>it", "rm it"),
        Chain(
            "a directory that is renamed there and back", "mkdir -p d/sub; echo it >d/sub/it; ln d/sub/it d/link",
            "mv d e; echo n >e/n", "mv e d; rm d/n"),
        Chain(
            "a directory that is deleted in one layer and made in the next", "mkdir -p d/sub; echo old >d/sub/it",
            "rm -r d; echo x >x", "mkdir -p d/sub; echo new >d/sub/new"),
        Chain(
            "a directory that is made anew twice", "mkdir -p d/sub; echo old >d/sub/it",
            "rm -r d; mkdir -p d/sub; echo one >d/sub/one", "rm -r d; mkdir -p d/sub; echo two >d/sub/two"),
        Chain(
            "a group of links across copy-ups", "echo it >a; ln a b; ln a c", "ln b d; echo x >>a; ln a e",
            "ln d f; rm b; chmod 0600 f; ln e g; rm a"),
        Chain(
            "metadata only, twice", "mkdir d; echo it >d/it; ln -s it d/s",
            "chmod 0700 d; chown 5:6 d/it; chown -h 7:8 d/s",
            "chmod 0711 d; python3 -c 'import os; os.setxattr(\"d/it\", \"user.a\", b\"1\"); os.setxattr(\"d\", \"user.b\", b\"2\")'"
        ),
        Chain(
            "kinds that change twice", "echo f >x; mkdir y z; echo y >y/y; echo z >z/z",
            "rm x; mkdir x; echo in >x/in; rm -r y; ln -s x y; rm -r z; mkfifo z",
            "rm -r x; echo back >x; rm y; mkdir y; echo new >y/new; rm z"),
    ]

    /// Over a layer, and over nothing.
    @Test("a chain of changes is the same", arguments: chains, 0...1)
    func chain(_ chain: Chain, below: Int) throws {
        let faults = try LayerHistory(scripts: chain.scripts).faultsCollapsed(over: below)
        #expect(faults.isEmpty, "\(faults.joined(separator: "\n"))")
    }
}
