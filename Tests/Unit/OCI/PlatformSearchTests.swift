import Failure
import Fixtures
import SystemPackage
import Testing

@testable import OCI

@Suite("A search for platforms that an index doesn't say")
struct PlatformSearchTests {
    @Test("a thousand entries may be silent about their platforms, and no more")
    func tooManySilent() throws {
        try withTemporaryDirectory { root in
            var search = PlatformSearch(layout: try LayoutWriter(openingOrCreating: root.appending("oci")).layout)
            func entry(_ number: UInt16) -> Descriptor {
                Descriptor(
                    mediaType: .manifest, digest: Digest(of: [UInt8(number >> 8), UInt8(number & 255)]), size: 2)
            }
            for number in 0..<1000 as Range<UInt16> { #expect(try search.platforms(of: entry(number), 1) == []) }
            // It was asked for before.
            #expect(try search.platforms(of: entry(0), 1) == [])
            let failure = #expect(throws: Failure.self) { try search.platforms(of: entry(1000), 1) }
            #expect(failure?.description.contains("more than 1000 entries") == true)
        }
    }
}
