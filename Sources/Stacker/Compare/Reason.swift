/// Why what was made twice may not be the same.
package enum Reason: String, Sendable, Hashable, CaseIterable, Encodable {
    case recipe = "the recipe"
    case timeStamp = "a time stamp"
    case timeZone = "a time zone"
    case order = "an order"
    case buildID = "a build id"
    case locale = "a locale"
    case randomNumber = "a random number"
    case hostName = "a host name"
    case umask = "a umask"
    case buildPath = "the path of a directory"
    case user = "the user who builds"
    case jobs = "a number of processors"
    case log = "a log or a cache"
    case layerType = "the type of the layer"
    case compression = "the compression"
    case archive = "the program that wrote the archive"

    /// What makes it reproducible.
    package var hint: String {
        switch self {
        case .recipe: "both were built of different recipes: what else differs may follow from that"
        case .timeZone: "export TZ=UTC in the script, or write times as UTC: date -u"
        case .layerType: "build both with one --layer-type"
        case .timeStamp:
            "--source-date-epoch sets all times of an image, and scripts get it as SOURCE_DATE_EPOCH: date -u -d "
                + "@$SOURCE_DATE_EPOCH, gzip -n, tar --mtime, ar D, zip -X"
        case .order: "sort what a directory lists, or a table holds: LC_ALL=C sort, find … | LC_ALL=C sort -z"
        case .buildID:
            "a build id follows from what is linked: look at what else differs; -Wl,--build-id=none leaves it out"
        case .locale: "say which one: export LC_ALL=C.UTF-8 in the script"
        case .randomNumber:
            "give it a seed, a fixed name, or none: an empty /etc/machine-id, no host keys, PYTHONHASHSEED=0, "
                + "-frandom-seed; what is a digest follows from something else that differs"
        case .hostName: "leave it out, or write the name that it is to have"
        case .umask: "begin the script with umask 022, and imports with a mode"
        case .buildPath: "build in a directory of one name, or map it: -ffile-prefix-map=$PWD=., GOFLAGS=-trimpath"
        case .user: "give files an owner: uid and gid of an import, chown in the script"
        case .jobs: "say how many: make -j4 where it shows in what is made"
        case .log: "remove it at the end of the script, or keep it out of the image with cache_dirs"
        case .compression: "compress with one program and one level: --compression, --compression-level"
        case .archive: "have one program write both: entries and their content are the same"
        }
    }
}

/// What is known to be of one side: where what differs has it, the reason is known, too.
package struct ComparisonMark: Sendable {
    /// What it is.
    package let reason: Reason
    let words: BothSides<[UInt8]>
    /// Whether it is a mark only where it is all that differs: a number may stand in any line.
    let isWhole: Bool

    /// Words of A and of B. An empty one stands for nothing: the other side has its word, and this one has none there.
    package init(_ reason: Reason, a: String, b: String, isWhole: Bool = false) {
        self.reason = reason
        words = BothSides(Array(a.utf8), Array(b.utf8))
        self.isWhole = isWhole
    }
}
