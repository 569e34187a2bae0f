import FileTree
import Fixtures
import Glibc
import LayerFuzzing
import SystemPackage
import Testing

@Suite("Layers: mutated layers")
struct LayersFuzzTests {
    /// The same ones each time; `make fuzz` tries others.
    @Test(
        "a few hundred mutated layers do no worse than fail", arguments: [1, 2, 3], [Effort.repetitions(100)])
    func mutated(seed: UInt64, iterations: Int) throws {
        let work = FilePath("/var/tmp/layers-fuzz-test.\(getpid()).\(seed)")
        defer { try? Directory(at: "/var/tmp").removeTree(FilePath(work.lastComponent?.string ?? "")) }
        let fuzzer = try LayerFuzzer(seed: seed, work: work)
        for iteration in 0..<iterations {
            let input = try fuzzer.input(iteration)
            let problems = try fuzzer.problems(with: input)
            #expect(problems.isEmpty, "seed \(seed), iteration \(iteration), \(input.summary): \(problems)")
        }
    }
}
