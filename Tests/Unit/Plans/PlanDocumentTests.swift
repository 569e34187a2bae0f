import Failure
import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import Plans

@Suite("Plans for people and programs")
struct PlanDocumentTests {
    @Test("the text says where each layer is, why it is built, what it needs, and how long all takes")
    func text() throws {
        #expect(
            try PlanFormat.text.render(PlanFixtures.small) == """
                base/stacker.yaml
                  base             here
                  tools            build   1:00     run: differs; needs base
                lib/stacker.yaml, after base/stacker.yaml
                  lib              cached           docker://registry.example/cache; build_only; needs tools
                app/stacker.yaml, after lib/stacker.yaml
                  app@linux-arm64  build   12 s     its base differs; needs lib
                docs.yaml
                  docs             build   ?

                3 of 5 layers must be built, in 3 jobs; 1 here, 1 in a cache
                as last time: 1:12 one after the other, without 1 that no time is known of
                critical path: 1:12: tools 1:00 -> app@linux-arm64 12 s

                """)
    }

    @Test("how many machines are of use")
    func machines() throws {
        let plan = Plan(recipes: (1...6).map { PlanFixtures.recipe("r\($0)") })
        #expect(
            try PlanFormat.text.render(plan).hasSuffix(
                """
                6 of 6 layers must be built, in 6 jobs; 0 here, 0 in a cache
                as last time: 6 s one after the other
                with 6 machines: 1 s; more would gain nothing
                critical path: 1 s: r1 1 s

                """))
        #expect(
            try PlanFormat.text.render(Plan(recipes: []))
                == "0 of 0 layers must be built, in 0 jobs; 0 here, 0 in a cache\n")
    }

    @Test("a text has no control characters of others", arguments: [PlanFormat.text, .dot])
    func controlCharacters(format: PlanFormat) throws {
        var plan = PlanFixtures.small
        for word in ["\u{1B}[31m", "a\rb", "\u{9B}"] {
            plan.recipes[0].file = word
            plan.recipes[0].layers[0].name = word
            plan.recipes[0].layers[1].reason = word
            plan.recipes[1].requires = [word]
            plan.recipes[1].layers[0].state = .shared(word)
            plan.recipes[1].layers[0].needs = [word]
            let text = try format.render(plan).replacing("\n", with: "")
            #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control })
        }
    }

    @Test("the JSON is what its schema says", .enabled(if: hasPythonTools))
    func schema() throws {
        var plans = [PlanFixtures.small, PlanFixtures.hostilePlan, Plan(recipes: [])]
        plans[0].includesCached = true
        try withTemporaryDirectory { scratch in
            for (number, plan) in plans.enumerated() {
                try scratch.appending("\(number).json").write(try PlanFormat.json.render(plan))
            }
            let judge = ".build/python/bin/check-jsonschema"
            try shell("\(judge) --check-metaschema docs/plan.schema.json")
            try shell("\(judge) --schemafile docs/plan.schema.json \(scratch)/*.json")
            // The schema takes not just anything.
            try shell("sed 's/\"here\"/\"there\"/' \(scratch)/0.json >\(scratch)/wrong.json")
            #expect(throws: Failure.self) {
                try shell("\(judge) --schemafile docs/plan.schema.json \(scratch)/wrong.json")
            }
        }
    }

    @Test("the JSON has the jobs as words, and every name as it is")
    func json() throws {
        struct Read: Decodable {
            struct Job: Decodable { var name: String, file: String, needs: [String], arguments: [String] }
            struct Recipe: Decodable { var file: String, requires: [String] }
            var version: Int
            var recipes: [Recipe]
            var jobs: [Job]
        }
        let plan = PlanFixtures.hostilePlan
        let read = try JSONDecoder().decode(Read.self, from: Data(PlanFormat.json.render(plan).utf8))
        #expect(read.version == 1)
        #expect(read.recipes.map(\.file) == PlanFixtures.hostile)
        #expect(read.jobs.map(\.arguments) == plan.jobs.map { PlanFixtures.commands(plan)[$0.name] ?? [] })
        #expect(read.jobs[1].needs == [read.jobs[0].name])
    }

    @Test(
        "Graphviz shows every name, what nobody sees in it by its number, and draws nothing else",
        .enabled(if: hasPythonTools))
    func dot() throws {
        struct Node: Decodable { var label: [String], needs: [String] }
        var plan = PlanFixtures.hostilePlan
        for number in plan.recipes.indices {
            plan.recipes[number].layers[0].name = "x" + PlanFixtures.hostile[number] + "x"
        }
        for number in plan.recipes.indices.dropFirst() {
            plan.recipes[number].layers[0].needs = [plan.recipes[number - 1].layers[0].name]
        }
        let nodes: [String: Node] = try read(plan, as: .dot)
        #expect(nodes.count == 2 * plan.recipes.count)
        for (number, word) in PlanFixtures.hostile.enumerated() {
            #expect(nodes["n\(number + 1)"]?.label == ["x\(shown(word))x", "1 s"])
            #expect(nodes["n\(number + 1)"]?.needs == (number == 0 ? [] : ["n\(number)"]))
            #expect(nodes["cluster_\(number + 1)"]?.label == [shown(word)])
        }
    }
}
