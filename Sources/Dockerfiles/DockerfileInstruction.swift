/// One instruction of a Dockerfile, its arguments taken apart. Nothing in them is expanded yet.
struct DockerfileInstruction: Sendable, Equatable {
    /// The line on which it begins, from 1.
    let line: Int
    /// Its name in capitals.
    let keyword: String
    /// Its flags, as `--from=build`, in order.
    var flags: [Flag] = []
    /// What it is.
    let kind: Kind

    struct Flag: Sendable, Equatable {
        /// Without the dashes.
        let name: String
        /// What follows "=".
        let value: String?

        /// As in a Dockerfile.
        var written: String { "--\(name)" + (value.map { "=\($0)" } ?? "") }
    }

    enum Kind: Sendable, Equatable {
        case from(image: String, alias: String?)
        case run(Command)
        case command(Command)
        case entrypoint(Command)
        case shell([String])
        case copy(Files)
        case add(Files)
        case environment([Pair])
        case label([Pair])
        /// Names with their defaults.
        case argument([Argument])
        case workingDirectory(String)
        case user(String)
        case volume([String])
        case expose([String])
        case stopSignal(String)
        case maintainer(String)
        /// What a recipe has no place for: its arguments as they stand.
        case other(String)
    }

    struct Pair: Sendable, Equatable {
        let name: String
        let value: String
    }

    /// A name of ARG, and its default.
    struct Argument: Sendable, Equatable {
        let name: String
        let value: String?
    }

    /// What RUN, CMD and ENTRYPOINT have.
    enum Command: Sendable, Equatable {
        /// The JSON form: no shell is involved.
        case words([String])
        /// The shell form: the lines as they stand, which are one line to the shell, and their here-documents.
        case shell(lines: [String], heredocs: [DockerfileHeredoc])
    }

    /// What COPY and ADD have.
    struct Files: Sendable, Equatable {
        var sources: [String]
        var destination: String
        var heredocs: [DockerfileHeredoc]
    }
}
