// A fuzzer that is led by coverage, for one target: what `make fuzz TARGET=name` runs.
//
//     Fuzzer NAME --seeds DIR     writes the target's seeds, and inputs that once broke something
//     Fuzzer NAME ARGUMENT…       runs libFuzzer with these arguments
import CLibFuzzer
import FileTree
import Fuzzing
import Glibc
import SystemPackage

/// What libFuzzer calls, which takes a function of C and no more.
nonisolated(unsafe) private var target = FuzzTarget.all[0]

private func say(_ message: String) {
    _ = try? FileDescriptor.standardError.writeAll((message + "\n").utf8)
}

private func stop(_ message: String) -> Never {
    say(message)
    exit(2)
}

var arguments = CommandLine.arguments
let names = FuzzTarget.all.map(\.name).joined(separator: " ")
guard arguments.count > 1, let named = FuzzTarget.all.first(where: { $0.name == arguments[1] }) else {
    stop("error: there is no such target\nhelp: TARGET is one of \(names)")
}
target = named
arguments.remove(at: 1)

if arguments.count == 3, arguments[1] == "--seeds" {
    let directory = try Directory(creating: FilePath(arguments[2]))
    for (number, seed) in (try target.seeds() + target.findings).enumerated() {
        try directory.replaceFile(FilePath("seed-\(number)"), with: seed)
    }
    exit(0)
}

var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
words.append(nil)
var count = CInt(arguments.count)
let status = words.withUnsafeMutableBufferPointer { buffer in
    var start = buffer.baseAddress
    return LLVMFuzzerRunDriver(&count, &start) { data, size in
        let input = Array(UnsafeBufferPointer(start: data, count: size))
        // libFuzzer keeps the input of a process that aborts.
        if let problem = target.problem(with: input) {
            say("finding: \(problem)")
            abort()
        }
        return 0
    }
}
exit(status)
