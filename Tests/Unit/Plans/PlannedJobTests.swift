import Testing

@testable import Plans

@Suite("What an engine has to run")
struct PlannedJobTests {
    @Test("a recipe of which something must be built is a job")
    func missing() {
        let jobs = PlanFixtures.small.jobs
        #expect(jobs.map(\.file) == ["base/stacker.yaml", "app/stacker.yaml", "docs.yaml"])
        #expect(jobs.map(\.name) == ["build-1-base", "build-2-app", "build-3-docs-yaml"])
        #expect(jobs.map(\.seconds) == [60, 12, nil])
    }

    @Test("with --all, every recipe is one")
    func all() {
        var plan = PlanFixtures.small
        plan.includesCached = true
        #expect(plan.jobs.map(\.file) == plan.recipes.map(\.file))
        #expect(plan.jobs.map(\.needs) == [[], [0], [1], []])
        #expect(plan.jobs.map(\.rank) == [0, 1, 2, 0])
    }

    @Test("what is cached between two jobs doesn't part them")
    func between() {
        #expect(PlanFixtures.small.jobs.map(\.needs) == [[], [0], []])
        #expect(PlanFixtures.small.jobs.map(\.rank) == [0, 1, 0])
    }

    @Test("a layer that needs one of another file makes its job wait, required or not")
    func layerNeeds() {
        var plan = Plan(recipes: [PlanFixtures.recipe("a"), PlanFixtures.recipe("b")])
        #expect(plan.jobs.map(\.needs) == [[], []])
        plan.recipes[1].layers[0].needs = ["a"]
        #expect(plan.jobs.map(\.needs) == [[], [0]])
    }

    @Test("what one of the needs waits for isn't named again")
    func reduced() {
        let plan = Plan(recipes: [
            PlanFixtures.recipe("a"), PlanFixtures.recipe("b", requires: ["a"]),
            PlanFixtures.recipe("c", requires: ["b", "a"]), PlanFixtures.recipe("d", requires: ["a", "b", "c"]),
        ])
        #expect(plan.jobs.map(\.needs) == [[], [0], [1], [2]])
    }

    @Test("the reduction loses nothing, and keeps nothing that follows", arguments: 0..<50)
    func reduction(_: Int) {
        let count = Int.random(in: 1...90)
        let needs = (0..<count).map { place in (0..<place).filter { _ in Int.random(in: 0..<8) == 0 } }
        let reduced = Needs(direct: needs).reduced
        #expect(closure(reduced) == closure(needs))
        for (place, own) in reduced.enumerated() {
            for need in own {
                let others = own.filter { $0 != need }.reduce(into: Set<Int>()) { $0.formUnion(closure(needs)[$1]) }
                #expect(!others.contains(need), "\(place) needs \(need)")
            }
        }
    }

    private func closure(_ needs: [[Int]]) -> [Set<Int>] {
        needs.reduce(into: []) { all, own in
            all.append(own.reduce(into: Set(own)) { $0.formUnion(all[$1]) })
        }
    }

    @Test("every engine takes the names, and no two are one")
    func names() throws {
        let jobs = PlanFixtures.hostilePlan.jobs
        #expect(Set(jobs.map(\.name)).count == PlanFixtures.hostile.count)
        for job in jobs {
            #expect(job.name.wholeMatch(of: /[a-z][a-z0-9-]*[a-z0-9]/) != nil, "\(job.name)")
            #expect(job.name.count <= 50)
        }
        #expect(JobName.of("images/web/stacker.yaml", number: 12) == "build-12-images-web")
        #expect(JobName.of("stacker.yaml", number: 1) == "build-1-stacker-yaml")
        #expect(JobName.of("https://a.example/x.yaml", number: 1) == "build-1-https-a-example-x-yaml")
        #expect(
            JobName.of("a/quite/long/path/that/does/not/fit/in.yaml", number: 3)
                == "build-3-path-that-does-not-fit-in-yaml")
        #expect(
            JobName.of(String(repeating: "x", count: 99), number: 4) == "build-4-" + String(repeating: "x", count: 32))
    }
}
