import Testing

@testable import Recipes
@testable import Stacker

@Suite("Who uses the directories of build_only layers")
struct BuildOnlyUseTests {
    /// 0 tools (build_only), 1 more (build_only) on it, 2 one and 3 two on more, 4 copy from tools, 5 other.
    private func use(isSettled: @escaping (String) -> Bool) throws -> BuildOnlyUse {
        let text = """
            tools: {from: {type: scratch}, build_only: true}
            more: {from: {type: built, tag: tools}, build_only: true}
            one: {from: {type: built, tag: more}}
            two: {from: {type: built, tag: more}}
            copy: {from: {type: scratch}, imports: ["stacker://tools/x"]}
            other: {from: {type: scratch}}
            """
        return BuildOnlyUse(try recipeSet(["stacker.yaml": text]), isSettled: isSettled)
    }

    private func begins(_ layer: Int, beside running: [Int], _ use: inout BuildOnlyUse) -> Bool {
        use.begin(layer, beside: running)
    }

    @Test("an image moves what is below it, and nobody looks there meanwhile")
    func moving() throws {
        var use = try use { _ in false }
        #expect(begins(2, beside: [], &use))
        for (layer, mayBegin) in [(3, false), (4, false), (5, true)] {
            #expect(begins(layer, beside: [2], &use) == mayBegin)
        }
        use.end(2)
        #expect(begins(4, beside: [5], &use))
        // Nor is anything moved under whoever looks there.
        #expect(!begins(3, beside: [4], &use))
    }

    @Test("what has moved is moved no more")
    func settled() throws {
        var use = try use { _ in true }
        #expect(begins(2, beside: [], &use))
        #expect(begins(3, beside: [2], &use))
        #expect(begins(4, beside: [2, 3], &use))
    }

    @Test("build_only layers on each other only look")
    func looking() throws {
        var use = try use { _ in false }
        #expect(begins(1, beside: [], &use))
        #expect(begins(4, beside: [1], &use))
    }
}
