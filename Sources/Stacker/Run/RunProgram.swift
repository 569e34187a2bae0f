import Containers
import Failure
import Host
import OCI
import OrderedCollections
import Roots
import SystemPackage

/// What an image's config says of its program, with what was asked for in its place: image-spec, config.md, conversion.md.
struct RunProgram {
    /// The program and its arguments; not empty.
    let arguments: [String]
    /// The whole environment.
    let environment: [(name: String, value: String)]
    /// Who runs it.
    let user: ContainerUser
    /// Where it starts: absolute, without symlinks, and there when ``missingDirectory`` is made.
    let directory: FilePath
    /// The same if the image lacks it, relative to its root.
    let missingDirectory: FilePath?

    /// Reads the config.
    ///
    /// - Parameter view: the image.
    init(of config: ImageConfig.Execution, _ request: RunRequest, in view: MergedView) throws {
        arguments = try Self.arguments(of: config, request)
        let account = try attempt("couldn't find the image's user \(quoted(config.user ?? ""))") {
            try ImageAccount(config.user ?? "", in: view)
        }
        user = account.user
        environment = Self.environment(config.env ?? [], home: account.home)
        (directory, missingDirectory) = try attempt(
            "couldn't start in the image's working directory \(quoted(config.workingDir ?? ""))"
        ) { try Self.workingDirectory(config.workingDir ?? "", in: view) }
    }

    private static func arguments(of config: ImageConfig.Execution, _ request: RunRequest) throws -> [String] {
        var arguments = request.entrypoint.map { $0.isEmpty ? [] : [$0] } ?? config.entrypoint ?? []
        // The image's arguments are for its own entrypoint.
        let own = request.entrypoint == nil ? config.cmd ?? [] : []
        arguments += request.command.isEmpty ? own : request.command
        guard arguments.first?.isEmpty == false else {
            throw Failure(
                "the image names no command", help: "name one: stacker run \(shown(request.image)) /bin/sh")
        }
        return arguments
    }

    /// Those of the image win. What is no variable, without a name or without a value, is left out, as everywhere.
    private static func environment(_ own: [String], home: String) -> [(name: String, value: String)] {
        var variables: OrderedDictionary = ["PATH": ImageConfig.Execution.standardPath, "HOME": home]
        if let terminal = Environment["TERM"] { variables["TERM"] = terminal }
        for (name, value) in Environment.pairs(own) { variables[name] = value }
        return variables.map { (name: $0.key, value: $0.value) }
    }

    /// Whether a path of the image, without symlinks, is one on which, or below which, the container has file systems of its
    /// own.
    static func isContainersOwn(_ path: FilePath) -> Bool {
        path.components.first.map { ["proc", "dev", "sys"].contains($0.string) } ?? false
    }

    /// Symlinks are followed here and never when the program starts: a directory of /proc would be one of the process that
    /// starts it.
    private static func workingDirectory(_ text: String, in view: MergedView) throws -> (FilePath, missing: FilePath?) {
        let place = try view.resolve(FilePath(text))
        let path = FilePath("/").pushing(place.path)
        if isContainersOwn(place.path) {
            throw Failure("it is \(path) in the image, where the container has a file system of its own")
        }
        switch place.node {
        case .directory: return (path, nil)
        case .file: throw Failure("\(path) is no directory")
        case nil: return (path, place.path)
        }
    }

    /// Refuses users and groups that the container doesn't have.
    func refuseUnmapped(in namespace: UserNamespace?) throws {
        for group in [user.gid] + user.groups {
            let isMapped =
                namespace.map { $0.outside(uid: user.uid, gid: group) != nil }
                ?? HostUser.isMapped(uid: user.uid, gid: group)
            guard isMapped else {
                throw Failure(
                    "the image's user has the uid \(user.uid) and the gid \(group), which containers don't have here",
                    help: "give more ids in /etc/subuid and /etc/subgid")
            }
        }
    }
}
