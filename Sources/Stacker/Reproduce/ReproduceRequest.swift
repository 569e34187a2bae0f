/// What `stacker build --reproduce` was asked to do.
package struct ReproduceRequest: Sendable {
    /// What the first build is asked for; the second has ``variations`` beside.
    package var build: BuildRequest
    /// What the second build has otherwise, each once.
    package var variations: [Variation]
    /// Whether scripts run twice that can write to files of this machine.
    package var allowsBinds = false
    /// Whether more builds find out which of the variations make a difference.
    package var findsCauses = false
    /// The directory in which both layouts stay; neither does if `nil`.
    package var keptIn: String?
    /// Whether the verdict is for programs.
    package var printsJSON = false
    /// Where a page for a browser is to be, which shows what differs in place of the verdict.
    package var page: String?

    /// Two builds that differ in what is usual.
    package init(_ build: BuildRequest) throws {
        self.build = build
        self.build.leavesNothing = true
        variations = try Variation.usual(besides: build)
    }
}
