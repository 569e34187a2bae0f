import Failure
import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import Plans

@Suite("Plans, as the engines read them")
struct PlanEngineTests {
    /// A stacker that writes its arguments, and where they were given, into a file of its own, and fails for `fails.yaml`.
    private static let stacker = """
        #!/usr/bin/env python3
        import json, os, sys
        argv = [word for word in sys.argv[1:] if "-dir=" not in word]
        number = len(os.listdir("calls"))
        with open(f"calls/{os.getpid()}", "w") as file:
            json.dump({"number": number, "argv": argv, "directories": sorted(set(sys.argv[1:]) - set(argv))}, file)
        sys.exit(argv[1:2] == ["--stacker-file=fails.yaml"])

        """

    private struct Call: Decodable {
        var number: Int
        var argv: [String]
        var directories: [String]
    }

    /// Runs commands where the plan is `plan`, and gives what stacker was called with, in this order.
    private func calls(_ plan: Plan, _ format: PlanFormat, _ commands: String) throws -> [Call] {
        try withTemporaryDirectory { scratch in
            try scratch.appending("plan").write(try format.render(plan))
            try scratch.appending("stacker").write(Self.stacker, mode: 0o755)
            try scratch.appending("sbatch").write(Self.sbatch, mode: 0o755)
            try shell("cd \(scratch); mkdir calls tmp; export STACKER=$PWD/stacker TMPDIR=$PWD/tmp; \(commands)")
            #expect(access(scratch.appending("canary").string, F_OK) != 0, "a name was run")
            #expect(try shell("cd \(scratch); ls tmp") == "", "something was left")
            let files = try shell("find \(scratch)/calls -type f -exec cat {} + | sed 's/}{/}\\n{/g'").split(
                separator: "\n")
            return try files.map { try JSONDecoder().decode(Call.self, from: Data($0.utf8)) }
                .sorted { $0.number < $1.number }
        }
    }

    /// An sbatch that runs a job at once, in bash, and notes what it was asked for. It refuses one whose script has options
    /// in it, and doesn't run what waits for a job that has failed.
    private static let sbatch = """
        #!/bin/bash
        set -u
        script=$(mktemp)
        cat >"$script"
        id=$(($(ls -d calls/.. jobs.* 2>/dev/null | wc -l) + 100))
        printf '%s\\n' "$*" >jobs.$id
        ! grep -q '^#SBATCH' "$script" || exit 1
        state=ok
        for word; do
            [[ $word == --dependency=afterok:* ]] || continue
            for need in $(tr : ' ' <<<"${word#*:}"); do
                [[ $(tail -n 1 jobs.$need) == ok ]] || state=cancelled
            done
        done
        [[ $state == cancelled ]] || SLURM_JOB_ID=$id bash "$script" >/dev/null 2>&1 || state=failed
        echo $state >>jobs.$id
        rm "$script"
        echo "$id;cluster"

        """

    /// Two files of which the first fails, one that needs it, and one that doesn't; and a publication.
    private static let failing = Plan(
        recipes: [
            PlanFixtures.recipe("fails.yaml"), PlanFixtures.recipe("after.yaml", requires: ["fails.yaml"]),
            PlanFixtures.recipe("other.yaml"),
        ],
        options: JobOptions(arguments: PlanFixtures.shared), publication: Publication(arguments: []))

    // MARK: - make

    @Test("make hands every word on as it is, after what it needs, and the last job at the end")
    func make() throws {
        let plan = PlanFixtures.hostilePlan
        let calls = try calls(plan, .make, "make -j8 -f plan")
        #expect(calls.map(\.argv) == plan.jobs.map { PlanFixtures.commands(plan)[$0.name] ?? [] } + [publishing(plan)])
        // Each job has its own directories.
        #expect(Set(calls.flatMap(\.directories)).count == 3 * calls.count)
    }

    @Test("make -k builds all that doesn't need what failed, and fails")
    func makeFailure() throws {
        let calls = try calls(
            Self.failing, .make, "! make -k -f plan; ! make -n -f plan 2>&1 | grep -i 'warning\\|error'")
        #expect(Set(calls.map { $0.argv[1] }) == ["--stacker-file=fails.yaml", "--stacker-file=other.yaml"])
    }

    @Test("make again asks stacker again, also where there are files of the jobs' names; clean cleans")
    func makeAgain() throws {
        let commands = "touch all clean build-1-base publish; make -f plan; mkdir -p .stacker-plan/build-1-base; "
        let calls = try calls(
            PlanFixtures.small, .make, commands + "make -f plan; make -f plan clean; [ ! -e .stacker-plan ]")
        #expect(calls.filter { $0.argv[0] == "build" }.count == 6)
        #expect(calls.filter { $0.argv == ["clean"] }.count == 3)
        #expect(try calls.allSatisfy { try #require($0.directories.first).hasPrefix("--oci-dir=.stacker-plan/build-") })
    }

    @Test("a plan of nothing does nothing", arguments: [PlanFormat.make, .slurm])
    func nothing(format: PlanFormat) throws {
        let run = format == .make ? "make -f plan; make -f plan clean" : "PATH=$PWD:$PATH bash plan"
        #expect(try calls(Plan(recipes: []), format, run).isEmpty)
    }

    // MARK: - Slurm

    @Test("Slurm's jobs get every word as it is, and leave nothing")
    func slurm() throws {
        let plan = PlanFixtures.hostilePlan
        let calls = try calls(plan, .slurm, "PATH=$PWD:$PATH bash plan")
        let built = calls.filter { $0.argv != ["clean"] }
        #expect(built.map(\.argv) == plan.jobs.map { PlanFixtures.commands(plan)[$0.name] ?? [] } + [publishing(plan)])
        #expect(calls.count == 2 * built.count)
        #expect(Set(calls.flatMap(\.directories)).count == 3 * built.count)
    }

    @Test("what waits for a job that fails is cancelled by Slurm; sbatch gets names, dependencies and no more")
    func slurmOptions() throws {
        let expected = """
            --parsable --requeue --kill-on-invalid-dep=yes --job-name=build-1-fails-yaml
            failed
            --parsable --requeue --kill-on-invalid-dep=yes --job-name=build-2-after-yaml --dependency=afterok:101
            cancelled
            --parsable --requeue --kill-on-invalid-dep=yes --job-name=build-3-other-yaml
            ok
            --parsable --requeue --kill-on-invalid-dep=yes --job-name=publish --dependency=afterok:102:103
            cancelled

            """
        let commands = "PATH=$PWD:$PATH bash plan >said; cat jobs.* >found; cat >expected <<'E'\n\(expected)E\n"
        let more =
            "diff expected found; printf '%s\\n' '101 build-1-fails-yaml' >expected; head -n 1 said | diff expected -"
        #expect(try calls(Self.failing, .slurm, commands + more).filter { $0.argv != ["clean"] }.count == 2)
    }

    @Test("where sbatch refuses a job, the script says what is submitted, and fails")
    func slurmRefused() throws {
        let commands = """
            echo '[ ! -e one ] || { echo "no such partition" >&2; exit 1; }; : >one; cat >/dev/null; echo 7' >sbatch
            ! PATH=$PWD:$PATH bash plan 2>errors
            grep -q 'no such partition' errors
            grep -q '^error: not all jobs are submitted; scancel 7 takes back those that are$' errors
            """
        #expect(try calls(PlanFixtures.small, .slurm, commands).isEmpty)
    }

    // MARK: - Engines elsewhere

    @Test(
        "every word is as it is for the reader of the engine", .enabled(if: hasPythonTools),
        arguments: [PlanFormat.gitlab, .argo, .github])
    func words(format: PlanFormat) throws {
        var plan = PlanFixtures.hostilePlan
        if format == .argo {
            plan.recipes = plan.recipes.filter { !$0.file.contains("{{") }
            plan.options.arguments.removeAll { $0.word.contains("{{") }
            plan.publication?.arguments.removeAll { $0.word.contains("{{") }
        }
        let jobs: [String: ReadJob] = try read(plan, as: format)
        #expect(jobs.mapValues(\.command) == PlanFixtures.commands(plan))
        #expect(access("canary", F_OK) != 0)
    }

    @Test(
        "a job begins after all that it needs", .enabled(if: hasPythonTools),
        arguments: [PlanFormat.gitlab, .argo, .github])
    func order(format: PlanFormat) throws {
        var plan = PlanFixtures.small
        plan.publication = Publication(arguments: [])
        plan.options.image = "registry.example/stacker:1"
        let jobs: [String: ReadJob] = try read(plan, as: format)
        #expect(jobs["build-1-base"]?.needs == [])
        #expect(jobs["build-2-app"]?.needs.contains("build-1-base") == true)
        let last = try #require(jobs["publish"])
        #expect(last.needs.contains("build-2-app") && last.needs.contains("build-3-docs-yaml"))
        if format != .github { #expect(jobs["build-2-app"]?.needs == ["build-1-base"]) }
    }

    @Test("more needs than GitLab takes become a stage's", .enabled(if: hasPythonTools), arguments: [50, 51])
    func manyNeeds(count: Int) throws {
        let leaves = (0..<count).map { PlanFixtures.recipe("leaf\($0)") }
        let plan = Plan(
            recipes: leaves + [PlanFixtures.recipe("top", requires: leaves.map(\.file))],
            options: JobOptions(arguments: PlanFixtures.shared))
        let text = try PlanFormat.gitlab.render(plan)
        #expect(text.contains("dependencies: []") == (count > 50))
        let jobs: [String: ReadJob] = try read(plan, as: .gitlab)
        #expect(Set(jobs["build-\(count + 1)-top"]?.needs ?? []) == Set(plan.jobs.dropLast().map(\.name)))
    }

    @Test("more jobs of one rank than a matrix has are several matrices", .enabled(if: hasPythonTools))
    func manyJobs() throws {
        let leaves = (0..<600).map { PlanFixtures.recipe("leaf\($0)") }
        let plan = Plan(
            recipes: leaves + [PlanFixtures.recipe("top", requires: leaves.map(\.file))],
            options: JobOptions(arguments: PlanFixtures.shared))
        let jobs: [String: ReadJob] = try read(plan, as: .github)
        #expect(jobs.count == 601)
        #expect(Dictionary(grouping: jobs.values, by: \.rank).mapValues(\.count) == [0: 256, 1: 256, 2: 88, 3: 1])
    }

    @Test(
        "a plan of nothing is one that the engine takes", .enabled(if: hasPythonTools),
        arguments: [PlanFormat.gitlab, .github])
    func nothingElsewhere(format: PlanFormat) throws {
        let jobs: [String: ReadJob] = try read(Plan(recipes: []), as: format)
        #expect(jobs.values.allSatisfy { $0.argv == nil })
    }

    private func publishing(_ plan: Plan) -> [String] { PlanFixtures.commands(plan)["publish"] ?? [] }
}
