/// Scripts of random edits. The same seed gives the same scripts.
struct RandomEdits {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    private mutating func next(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int((value ^ (value >> 31)) % UInt64(bound))
    }

    /// Few names, so that edits meet: some sort before `.wh.`, and one is no UTF-8.
    private static let names = ["a", "b", "c", "'!first'", "' two words'", "$'\\377=\\n'", "+"]

    private mutating func path() -> String {
        let depth = 1 + next(3)
        // A leading ./ keeps a name from being an option.
        return "./" + (0..<depth).map { _ in Self.names[next(Self.names.count)] }.joined(separator: "/")
    }

    /// A script of `count` edits. Many fail, for want of a parent directory or because of what is there.
    mutating func script(_ count: Int) -> String {
        // What is not silenced is a failure of the test; what an edit says is not.
        "exec 2>/dev/null\nset +e\n" + (0..<count).map { _ in edit() }.joined(separator: "\n") + "\ntrue\n"
    }

    /// A write to a pipe would wait for a reader.
    private mutating func write(_ command: String) -> String {
        let path = path()
        return "[ -p \(path) ] || \(command)\(path)"
    }

    /// Devices among them are null, zero and full only: an edit may write to one.
    private mutating func edit() -> String {
        switch next(20) {
        case 0...2: write("echo \(next(1000)) >")
        case 3: write("echo more >>")
        case 4...6: "mkdir -p \(path())"
        case 7: "rm -rf \(path())"
        case 8: "old=\(path()); rm -rf \"$old\"; mkdir -m 0\(700 + next(8) * 10 + 5) \"$old\""
        case 9, 10: "ln \(path()) \(path())"
        case 11: "ln -sfn \(path()) \(path())"
        case 12, 13: "mv -fT \(path()) \(path())"
        case 14: "chmod 0\(next(8))\(next(8))\(next(8))\(next(8)) \(path())"
        case 15: "chown -h \(next(3) * 1000):\(next(3) * 70000) \(path())"
        case 16: "touch -h -d @\(next(1_700_000_000)).5 \(path())"
        case 17: "mkfifo \(path()); mknod \(path()) c 1 \([3, 5, 7][next(3)])"
        case 18: "rm -f \(path())"
        default:
            "python3 -c 'import os, sys; os.setxattr(sys.argv[1], \"user.x\(next(3))\", b\"\\0\(next(10))\")' \(path())"
        }
    }
}
