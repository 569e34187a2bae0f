import Glibc
import Testing

@Suite("What readers make of layers", .serialized, .enabled(if: geteuid() == 0, "needs root"))
struct LayerReadersTests {
    /// Random trees, edited at random through the kernel's overlay: our unpacker, umoci, and the kernel's mounts of
    /// the squashfs layers see what the last script saw. The seed and the scripts are what a failure prints.
    @Test("random edits are the same for all", arguments: 1...8)
    func randomEdits(seed: UInt64) throws {
        var edits = RandomEdits(seed: seed)
        let history = LayerHistory(scripts: (0..<4).map { _ in edits.script(40) })
        let disagreements = try history.disagreements()
        #expect(disagreements.isEmpty, "seed \(seed): \(history.scripts.joined(separator: "--- next script\n"))")
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var below: String
        var above: String
        var squashfs = true
        var testDescription: String { name }

        init(_ name: String, _ below: String, _ above: String, squashfs: Bool = true) {
            (self.name, self.below, self.above, self.squashfs) = (name, below, above, squashfs)
        }
    }

    /// Not among them: attributes without a value, which Go's tar drops, and attributes with a `=` in their name, which
    /// pax has no place for: ours say `%3D`, as libarchive does, and Go's tools take that for the name.
    static let cases = [
        Case(
            "a directory becomes a symlink", "mkdir -p d/sub e; echo d >d/it; echo e >e/it",
            "rm -r d; ln -s e d; echo new >d/new"),
        Case("a symlink becomes a directory", "mkdir e; echo e >e/it; ln -s e d", "rm d; mkdir d; echo d >d/it"),
        Case(
            "copy-up through a symlinked directory", "mkdir -p e/sub; echo e >e/sub/it; ln -s e/sub d",
            "echo new >>d/it"),
        Case(
            "a directory made again", "mkdir -p d/sub; echo old >d/sub/it",
            "rm -r d; mkdir -p d/sub; echo new >d/sub/new"),
        Case("a file becomes a directory", "echo it >it", "rm it; mkdir it; echo inside >it/inside"),
        Case("a directory becomes a file", "mkdir -p it/sub; echo inside >it/sub/inside", "rm -r it; echo it >it"),
        Case("only the mode changes", "echo it >it; mkdir d; echo x >d/x", "chmod 0640 it; chmod 2711 d"),
        Case("only the owner changes", "echo it >it; mkdir d; ln -s x s", "chown 5:6 it; chown 7:8 d; chown -h 9:10 s"),
        Case(
            "only an attribute changes", "echo it >it; mkdir d",
            "python3 -c 'import os; os.setxattr(\"it\", \"user.a\", b\"\\0=\\n\"); os.setxattr(\"d\", \"user.b\", b\"=\")'"
        ),
        Case(
            "an attribute is removed", "echo >it; python3 -c 'import os; os.setxattr(\"it\", \"user.a\", b\"1\")'",
            "python3 -c 'import os; os.removexattr(\"it\", \"user.a\")'"),
        Case(
            "a lower directory is renamed", "mkdir -p d/sub; echo it >d/sub/it; ln d/sub/it d/link",
            "mv d e; echo n >e/n"),
        Case("a lower directory is swapped", "mkdir a b; echo a >a/it; echo b >b/it", "mv a c; mv b a; mv c b"),
        Case("a hard link across layers", "echo it >it", "ln it again; mkdir d; ln it d/again"),
        Case("a hard link broken by copy-up", "echo it >a; ln a b; ln a c", "echo new >>b"),
        Case("mode 000", "echo it >it; chmod 000 it; mkdir d; echo x >d/x; chmod 000 d", "echo more >>it; echo y >d/y"),
        Case(
            "odd names", "mkdir ' '; echo >' /=a'; echo >$'new\\nline'; echo >$'\\377\\376'; echo >'back\\slash'",
            "echo more >>$'new\\nline'; rm $'\\377\\376' ' /=a'; echo >$'\\303\\244'; ln 'back\\slash' '\"'"),
        Case(
            "names of 255 bytes", "n=$(printf %0255d 0); echo it >$n; mkdir ${n/0/d}; echo it >${n/0/d}/$n",
            "n=$(printf %0251d 0); echo again >wxyz$n; ln -s $n abcd$n"),
        Case(
            "a path of 4,000 bytes", "n=$(printf %0200d 0); for i in {1..19}; do mkdir $n; cd $n; done; echo it >it",
            "n=$(printf %0200d 0); for i in {1..19}; do cd $n; done; echo more >>it; echo new >$n; ln -s $n/it link"),
        Case(
            "2,000 files in a directory, half of them deleted", "mkdir d; touch d/{1..2000}",
            "rm d/{1..1000}; ln d/1500 x"),
        Case(
            "a sparse file of 64 MiB", "truncate -s 64M it; echo end >>it",
            "echo x | dd of=it bs=1 seek=1M conv=notrunc"),
        Case("owners above 2^31", "echo it >it; mkdir d", "chown 4000000000:3000000000 it d"),
        Case(
            "times before 1970", "echo it >it; touch -d @-100 it",
            "mkdir d; echo x >d/x; touch -d @-2000000000 d/x d it",
            squashfs: false),
        Case("times after 2038", "echo it >it; touch -d @4000000000 it", "mkdir d; touch -d @4100000000 d"),
        Case(
            "capabilities", "cp /bin/true it",
            "python3 -c 'import os; os.setxattr(\"it\", \"security.capability\", bytes.fromhex(\"0100000200040000000000000000000000000000\"))'"
        ),
        Case(
            "a file of every kind is deleted", "mkfifo p; mknod c c 1 3; mknod b b 7 0; ln -s x l; echo f >f",
            "rm p c b l f; echo it >it"),
    ]

    /// What overlayfs makes of an odd change, a layer says, and every reader understands.
    @Test("an odd change is the same for all", arguments: cases)
    func oddChange(change: Case) throws {
        let history = LayerHistory(scripts: [change.below, change.above], squashfs: change.squashfs)
        let disagreements = try history.disagreements()
        #expect(disagreements.isEmpty, "\(disagreements.joined(separator: "\n"))")
    }
}
