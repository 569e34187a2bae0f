import Failure
import FileTree
import Glibc
import Host

/// Who builds, and when: what goes into every image of a build.
struct BuildIdentity: Sendable {
    /// `SOURCE_DATE_EPOCH`, if it is set: the time that every file and image gets at most.
    let sourceDateEpoch: Timestamp?
    /// The time for `created` members, RFC 3339.
    let created: String
    /// `user@host`, or `stacker` where the build is to be reproducible.
    let author: String

    /// Nobody's: of commands that make no image.
    static let nobody = BuildIdentity(sourceDateEpoch: nil, created: "", author: "")

    private init(sourceDateEpoch: Timestamp?, created: String, author: String) {
        self.sourceDateEpoch = sourceDateEpoch
        self.created = created
        self.author = author
    }

    /// What is asked for, and what the system says.
    init(_ request: BuildRequest) throws {
        if let text = request.sourceDateEpoch {
            guard let seconds = Int64(text), Self.years.contains(seconds) else {
                throw Failure(
                    "invalid SOURCE_DATE_EPOCH \"\(text)\"",
                    help: "it is a number of seconds since 1970, as date +%s prints")
            }
            let epoch = Timestamp(seconds: seconds)
            sourceDateEpoch = epoch
            created = RFC3339.format(epoch, fraction: false)
            author = "stacker"
        } else {
            sourceDateEpoch = nil
            created = RFC3339.format(.now, fraction: true)
            author = "\(Environment["SUDO_USER"] ?? HostUser.current.name)@\(Self.hostName)"
        }
    }

    /// What RFC 3339 can say: the years 0001 to 9999.
    private static let years: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    private static var hostName: String {
        // POSIX bounds host names to 255 bytes.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress, gethostname(base, buffer.count - 1) == 0 else { return "localhost" }
            buffer[255] = 0
            return String(cString: base)
        }
    }
}
