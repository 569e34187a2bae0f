import ArgumentParser
import Failure
import FileTree
import Glibc
import LayerFuzzing
import SystemPackage

/// `make fuzz`: unpacks mutated layers for as long as one likes. The work is done by child processes, so that a crash
/// and a hang are findings like others.
@main
struct LayerFuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "layer-fuzz", abstract: "Unpack mutated layers and see that nothing bad comes of it.")

    @Option(help: "What all mutations follow from; a random one if not given.")
    var seed: UInt64?
    @Option(help: "The first iteration.")
    var first = 0
    @Option(help: "How many iterations.")
    var iterations = Int.max
    @Option(help: "How many seconds, at most.")
    var seconds = Int.max
    @Option(help: "Seconds after which an input is taken for a hang.")
    var patience = 60
    @Option(help: "Mebibytes of memory that unpacking may take.")
    var memory = 1024
    @Option(help: "Where inputs that broke something are kept.")
    var findings = "fuzz-findings"
    @Flag(help: .hidden)
    var child = false

    func run() throws {
        let seed = seed ?? UInt64.random(in: 0..<1 << 32)
        let work = FilePath("/var/tmp/layer-fuzz.\(seed)")
        if child { return try runChild(seed, work) }
        print("seed \(seed)")
        defer { try? Directory(at: "/var/tmp").removeTree(FilePath("layer-fuzz.\(seed)")) }
        let deadline = now() + min(seconds, 1 << 40)
        var next = first
        var found = 0
        let end = iterations == .max ? Int.max : first + iterations
        while next < end, now() < deadline {
            var worker = try Worker(seed: seed, first: next, iterations: end - next, memory: memory)
            let outcome = try worker.follow(until: deadline, patience: patience)
            next = outcome.next
            if case .problem(let text) = outcome.what {
                found += 1
                print("seed \(seed), iteration \(outcome.next - 1): \(text)")
                try keep(work.appending("input"), "\(seed)-\(outcome.next - 1)")
            }
        }
        print("\(next - first) iterations with seed \(seed): \(found) findings")
        if found > 0 { throw ExitCode.failure }
    }

    private func runChild(_ seed: UInt64, _ work: FilePath) throws {
        // Private memory that is written to: what an input makes us take.
        var bound = rlimit(rlim_cur: rlim_t(memory) << 20, rlim_max: rlim_t(memory) << 20)
        try checked(setrlimit(__rlimit_resource_t(2), &bound))
        let fuzzer = try LayerFuzzer(seed: seed, work: work)
        for iteration in first..<(iterations > .max - first ? .max : first + iterations) {
            print("start \(iteration)")
            fflush(nil)
            let input = try fuzzer.input(iteration)
            let problems = try fuzzer.problems(with: input)
            if !problems.isEmpty {
                print("problem \(input.summary): \(problems.joined(separator: "; "))")
                fflush(nil)
                return
            }
        }
        print("done")
        fflush(nil)
    }

    private func keep(_ input: FilePath, _ name: String) throws {
        let directory = try Directory(creating: FilePath(findings))
        let bytes = try OpenFile(input, O_RDONLY).readToEnd(limit: 1 << 30)
        try directory.replaceFile(FilePath(name), with: bytes)
        print("kept as \(findings)/\(name)")
    }
}

/// Seconds of a clock that nobody sets.
func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec
}
