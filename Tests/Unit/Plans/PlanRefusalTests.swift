import Failure
import Testing

@testable import Plans

@Suite("What no plan is written with")
struct PlanRefusalTests {
    private static let engines: [PlanFormat] = [.make, .slurm, .gitlab, .argo, .github]

    @Test(
        "a password, whatever the format, and it isn't said",
        arguments: PlanFormat.allCases,
        [
            JobArgument("cache-from", "docker://me:s3cr3t@registry.example/x"),
            JobArgument("cache-to", "docker://s3cr3t@registry.example/x"),
            JobArgument("substitute", "URL=https://me:s3cr3t@host.example/x?y#z"),
            JobArgument("substitute", "TWO=https://a.example/?to=https://me:s3cr3t@host.example"),
            JobArgument("substitute", "SLASH=https://me:s3cr3t/x@host.example/"),
        ])
    func credentials(format: PlanFormat, argument: JobArgument) throws {
        var plan = PlanFixtures.small
        plan.options.arguments.append(argument)
        let failure = try #require(throws: Failure.self) { try format.render(plan) }
        #expect("\(failure)".contains("--\(argument.name)"))
        #expect(failure.advice?.contains("REGISTRY_AUTH_FILE") == true)
        #expect(!"\(failure)\(failure.advice ?? "")".contains("s3cr3t"))
    }

    @Test(
        "a password in the name of the image that jobs run in", arguments: PlanFormat.allCases,
        [
            "docker://me:s3cr3t@registry.example/x", "me:s3cr3t@registry.example/x:1",
            "me:s3cr3t@registry.example/x@sha256:00", "me:s3/cr3t@registry.example/x",
        ])
    func credentialsOfImage(format: PlanFormat, image: String) throws {
        var plan = PlanFixtures.small
        plan.options.image = image
        let failure = try #require(throws: Failure.self) { try format.render(plan) }
        #expect("\(failure)".contains("--job-image"))
        #expect(!"\(failure)\(failure.advice ?? "")".contains("cr3t"))
    }

    @Test("an image by its digest", arguments: ["x@sha256:00", "registry.example:5000/x/y:1@sha256:00"])
    func imageByDigest(image: String) throws {
        var plan = PlanFixtures.small
        plan.options.image = image
        for format in PlanFormat.allCases { _ = try format.render(plan) }
    }

    @Test("a password in the URL of a recipe, or of one that is required", arguments: [true, false])
    func credentialsOfRecipes(isRequired: Bool) throws {
        let url = "https://me:s3cr3t@host.example/stacker.yaml"
        let plan = Plan(
            recipes: [PlanFixtures.recipe(isRequired ? "a" : url, requires: isRequired ? [url] : [])],
            options: JobOptions(arguments: PlanFixtures.shared))
        for format in PlanFormat.allCases {
            let failure = try #require(throws: Failure.self) { try format.render(plan) }
            #expect("\(failure)".contains("https://host.example/stacker.yaml"))
            #expect(!"\(failure)\(failure.advice ?? "")".contains("s3cr3t"))
        }
    }

    @Test("the login of the last job", arguments: PlanFormat.allCases, ["username", "password"])
    func login(format: PlanFormat, name: String) throws {
        var plan = PlanFixtures.small
        plan.publication = Publication(arguments: [JobArgument(name, "s3cr3t")])
        let failure = try #require(throws: Failure.self) { try format.render(plan) }
        #expect("\(failure)".contains("--\(name)"))
        #expect(!"\(failure)\(failure.advice ?? "")".contains("s3cr3t"))
    }

    @Test(
        "an @ that is none",
        arguments: ["a@b", "https://host.example/a@b", "docker://r.example/x@sha256:00", "x?a://b/c@d"])
    func noCredentials(value: String) throws {
        var plan = PlanFixtures.small
        plan.options.arguments.append(JobArgument("substitute", "X=\(value)"))
        for format in PlanFormat.allCases { _ = try format.render(plan) }
    }

    @Test(
        "control characters and broken UTF-8, for engines", arguments: engines,
        ["a\nb", "a\rb", "a\tb", "\u{1B}[31m", "\u{7F}", "\u{85}", "\u{0}", "a\u{FFFD}"])
    func controlCharacters(format: PlanFormat, word: String) throws {
        var plan = PlanFixtures.small
        plan.recipes[0].file = word
        let failure = try #require(throws: Failure.self) { try format.render(plan) }
        #expect("\(failure)".contains("--format \(format.rawValue): the path"))
        #expect(!"\(failure)".unicodeScalars.contains { $0.properties.generalCategory == .control })

        plan = PlanFixtures.small
        plan.options.arguments.append(JobArgument("substitute", "X=\(word)"))
        #expect(
            try #require(throws: Failure.self) { try format.render(plan) }.advice?.contains("--substitute-file") == true
        )

        plan = PlanFixtures.small
        plan.publication = Publication(arguments: [JobArgument("tag", word)])
        #expect(throws: Failure.self) { try format.render(plan) }
    }

    @Test("what Argo replaces wherever it stands", arguments: ["{{x}}", "a{{", "{{=1+1}}", "${{ x }}"])
    func argo(word: String) throws {
        var plan = PlanFixtures.small
        plan.recipes[0].file = word
        #expect(throws: Failure.self) { try PlanFormat.argo.render(plan) }
        for format in Self.engines where format != .argo { _ = try format.render(plan) }
        plan = PlanFixtures.small
        plan.options.arguments.append(JobArgument("substitute", word))
        #expect(throws: Failure.self) { try PlanFormat.argo.render(plan) }
    }

    @Test("jobs that share no registry", arguments: engines)
    func noCache(format: PlanFormat) throws {
        var plan = PlanFixtures.small
        let other = "docker://registry.example/other"
        for arguments in [
            [], [JobArgument("cache-from", PlanFixtures.cache)],
            [JobArgument("cache-from", PlanFixtures.cache), JobArgument("cache-to", other)],
        ] {
            plan.options.arguments = arguments
            let failure = try #require(throws: Failure.self) { try format.render(plan) }
            #expect(failure.advice?.contains("--cache-to") == true)
        }
        plan.options.arguments = [JobArgument("cache-from", other)] + PlanFixtures.shared
        _ = try format.render(plan)
        // Where nothing is to be built, nothing is lost.
        _ = try format.render(Plan(recipes: []))
    }

    @Test("an image that is none", arguments: ["", "-x", "$IMAGE", "a b", "a{{b}}", "a\nb", "a#b"])
    func image(reference: String) throws {
        var plan = PlanFixtures.small
        plan.options.image = reference
        for format in Self.engines { #expect(throws: Failure.self) { try format.render(plan) } }
        plan.options.image = "registry.example:5000/team/stacker:1.2@sha256:00"
        for format in Self.engines { _ = try format.render(plan) }
    }
}
