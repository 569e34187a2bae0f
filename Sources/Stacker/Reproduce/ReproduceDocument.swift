import OCI

/// What came of a reproduction, for programs.
struct ReproduceDocument: Encodable {
    /// Whether all images are the same in both builds.
    let reproducible: Bool
    /// What the second build had otherwise, as it is said on the command line.
    let varied: [String]
    let images: [Image]
    /// What is to be known beside: sentences.
    let notes: [String]
    /// What differs between the layouts of both builds, as `stacker diff --json` says it; `nil` if nothing does.
    let comparison: JSONValue?

    /// One image.
    struct Image: Encodable {
        let tag: String
        let same: Bool
        /// What it is in either build; `nil` where there is none.
        let first: Digest?
        let second: Digest?
        /// What makes it differ, if that was to be found out.
        let causes: [ReproduceCauses.Cause]?

        init(_ verdict: ReproduceVerdict, _ causes: [ReproduceCauses.Cause]?) {
            (tag, same) = (verdict.tag, verdict.isSame)
            (first, second) = verdict.digests
            self.causes = causes
        }
    }
}
