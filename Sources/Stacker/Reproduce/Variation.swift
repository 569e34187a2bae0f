import Failure
import FileTree
import Glibc

/// One thing that the second build of a reproduction has otherwise than the first.
package enum Variation: Sendable, Equatable {
    /// `LANG`, and what the caller has of the kind.
    case locale(String)
    /// `TZ`, as POSIX has it.
    case timeZone(String)
    case hostName(String)
    /// The umask.
    case mask(mode_t)
    /// Whom the caller seems to be: `HOME`, `USER` and `LOGNAME`.
    case user(home: String)
    /// How many layers are built at a time, and on how many processors scripts run.
    case jobs(Int)
    /// The names of directories backwards.
    case order

    /// What they are called where they are asked for, in the order in which they are told.
    package static let names = ["locale", "time-zone", "host-name", "umask", "user", "jobs", "order"]

    /// What it is called.
    package var name: String {
        switch self {
        case .locale: "locale"
        case .timeZone: "time-zone"
        case .hostName: "host-name"
        case .mask: "umask"
        case .user: "user"
        case .jobs: "jobs"
        case .order: "order"
        }
    }

    /// All but the umask, which shows in whatever a script makes unless it says a mode each time; as far as this machine has
    /// what it takes.
    package static func usual(besides request: BuildRequest) throws -> [Variation] {
        try names.filter { $0 != "umask" }.compactMap { try Variation($0, besides: request) }
    }

    /// Reads a list: what ``init(_:besides:)`` takes, between commas, and `all` for what is not named beside it; or `none`.
    package static func list(_ text: String, besides request: BuildRequest) throws -> [Variation] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0.drop { $0 == " " }) }
        var asked = parts
        if parts == ["none"] { return [] }
        if parts.filter({ $0 == "all" }).count == 1 {
            let named = parts.map { $0.prefix { $0 != "=" } }
            asked = parts.filter { $0 != "all" } + names.filter { !named.contains($0[...]) }
        }
        var variations: [Variation] = []
        for text in asked {
            guard let variation = try Variation(text, besides: request) else { continue }
            guard !variations.contains(where: { $0.name == variation.name }) else {
                throw Failure("\(variation.name) is there twice", help: "leave one out")
            }
            variations.append(variation)
        }
        return variations
    }

    /// Reads what was asked for: `NAME`, or `NAME=VALUE`.
    ///
    /// - Parameter request: what the first build is asked for.
    /// - Returns: `nil` if nothing else can be had than the first build has: this machine has one processor.
    package init?(_ text: String, besides request: BuildRequest) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let value = parts.count > 1 ? parts[1] : nil
        guard value != "" else {
            throw Failure("\(shown(parts[0])) has no value", help: "leave the = out, or say which")
        }
        switch (parts[0], value) {
        case ("locale", let name): self = .locale(name ?? "C.UTF-8")
        case ("time-zone", nil): self = .timeZone(Self.zoneOfAnotherDay(at: .now))
        case ("time-zone", let zone?): self = .timeZone(try TimeZoneRule.of(zone))
        case ("host-name", let name): self = .hostName(name ?? "elsewhere")
        case ("umask", nil): self = .mask(0o002)
        case ("umask", let text?):
            guard let mask = mode_t(text, radix: 8), mask <= 0o777 else {
                throw Failure("\(quoted(text)) is no umask", help: "it is an octal number from 0 to 777, as 027")
            }
            self = .mask(mask)
        case ("user", let home): self = .user(home: home ?? "/home/somebody-else")
        case ("jobs", nil):
            let jobs = request.jobs == 1 ? 2 : 1
            guard BuildRequest.processors > 1 || jobs > 1 else { return nil }
            self = .jobs(jobs)
        case ("jobs", let text?):
            guard let jobs = Int(text), jobs > 0 else {
                throw Failure("\(quoted(text)) is no number of jobs", help: "it is a number from 1 on")
            }
            self = .jobs(jobs)
        case ("order", nil): self = .order
        case ("order", _?):
            throw Failure("there is one other order only", help: "leave the value out: order")
        default:
            throw Failure(
                "nothing called \(quoted(parts[0])) can be varied",
                help:
                    "there are \(Self.names.joined(separator: ", ")), all for all of them, and none for nothing but time and "
                    + "place")
        }
    }

    /// What it is on the command line.
    var asked: String {
        switch self {
        case .locale(let value), .timeZone(let value), .hostName(let value), .user(let value): "\(name)=\(value)"
        case .mask(let mask): "\(name)=\(Self.octal(mask))"
        case .jobs(let jobs): "\(name)=\(jobs)"
        case .order: name
        }
    }

    /// A zone in which it is another day than in UTC.
    static func zoneOfAnotherDay(at now: Timestamp) -> String {
        now.seconds / 3600 % 24 < 12 ? "<-12>+12" : "<+14>-14"
    }

    /// Asks for it.
    func apply(to request: inout BuildRequest) {
        switch self {
        case .locale(let name):
            request.surroundings.variables["LANG"] = name
            for variable in ["LANG", "LC_ALL"] { request.surroundings.callersVariables[variable] = name }
        case .timeZone(let zone):
            request.surroundings.variables["TZ"] = zone
            request.surroundings.callersVariables["TZ"] = zone
        case .hostName(let name): request.surroundings.hostName = name
        case .mask(let mask): request.surroundings.umask = mask
        case .user(let home):
            let name = home.split(separator: "/").last.map(String.init) ?? "root"
            for (variable, value) in [("HOME", home), ("USER", name), ("LOGNAME", name)] {
                request.surroundings.callersVariables[variable] = value
            }
        case .jobs(let jobs):
            request.surroundings.processors = Self.processors(for: jobs)
            request.jobs = jobs
        case .order: request.surroundings.reversesDirectories = true
        }
    }

    /// On how many processors scripts run beside so many jobs: the first build's run on all, so that it has to be another number.
    static func processors(for jobs: Int) -> Int { min(jobs, max(1, BuildRequest.processors - 1)) }

    /// What the build has, in words.
    var inWords: String {
        switch self {
        case .locale(let name): "the locale \(shown(name))"
        case .timeZone(let zone): "the time zone \(shown(zone))"
        case .hostName(let name): "the host name \(shown(name))"
        case .mask(let mask): "the umask \(Self.octal(mask))"
        case .user(let home): "the home directory \(shown(home))"
        case .jobs(let jobs): "\(jobs) \(jobs == 1 ? "job" : "jobs")"
        case .order: "directories that list their names backwards"
        }
    }

    /// Of what kind it is, for who is to blame: `another umask`.
    var kindInWords: String {
        switch self {
        case .locale: "another locale"
        case .timeZone: "another time zone"
        case .hostName: "another host name"
        case .mask: "another umask"
        case .user: "another home directory or user"
        case .jobs: "another number of jobs and processors"
        case .order: "another order of names in directories"
        }
    }

    private static func octal(_ mask: mode_t) -> String {
        let digits = String(mask, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
