import CSquashFS
import Failure
import FileTree
import Glibc
import SystemPackage

/// An open file as libsquashfs reads and writes it.
final class SquashfsFile {
    private let file: OpenFile
    private let state: UnsafeMutablePointer<stacker_squashfs_file>

    /// - Parameter size: how long the file is, as far as libsquashfs is concerned.
    init(_ file: OpenFile, size: UInt64) {
        self.file = file
        state = .allocate(capacity: 1)
        state.initialize(to: stacker_squashfs_file())
        state.pointee.descriptor = file.number
        state.pointee.size = size
        state.pointee.base.base.destroy = { _ in }
        state.pointee.base.read_at = { file, offset, buffer, count in
            file.map { SquashfsFile.read(SquashfsFile.state($0), offset, buffer, count) } ?? squashfsArgumentError
        }
        state.pointee.base.write_at = { file, offset, bytes, count in
            file.map { SquashfsFile.write(SquashfsFile.state($0), offset, bytes, count) } ?? squashfsArgumentError
        }
        state.pointee.base.get_size = { file in
            file.map { SquashfsFile.state(UnsafeMutablePointer(mutating: $0)).pointee.size } ?? 0
        }
        state.pointee.base.truncate = { file, size in
            file.map { SquashfsFile.truncate(SquashfsFile.state($0), size) } ?? squashfsArgumentError
        }
    }

    deinit {
        state.deallocate()
    }

    /// What libsquashfs takes. Valid as long as this object lives.
    var pointer: UnsafeMutablePointer<sqfs_file_t> {
        UnsafeMutableRawPointer(state).assumingMemoryBound(to: sqfs_file_t.self)
    }

    /// How long the file is now.
    var size: UInt64 { state.pointee.size }

    /// Writes bytes at the end.
    func append(_ bytes: [UInt8]) throws {
        try check(bytes.withUnsafeBytes { Self.write(state, size, $0.baseAddress, $0.count) })
    }

    /// Turns a negative result of libsquashfs into the ``Failure`` that explains it.
    @discardableResult
    func check(_ result: Int32) throws -> Int32 {
        if result >= 0 { return result }
        if result == SQFS_ERROR_IO.rawValue, state.pointee.error != 0 {
            throw Errno(rawValue: state.pointee.error)
        }
        throw Failure(explainSquashfs(result))
    }

    // MARK: - What libsquashfs calls

    private typealias State = UnsafeMutablePointer<stacker_squashfs_file>

    private static func state(_ file: UnsafeMutablePointer<sqfs_file_t>) -> State {
        UnsafeMutableRawPointer(file).assumingMemoryBound(to: stacker_squashfs_file.self)
    }

    private static func read(_ state: State, _ offset: UInt64, _ buffer: UnsafeMutableRawPointer?, _ count: Int)
        -> Int32
    {
        guard count > 0 else { return 0 }
        guard let buffer, offset < state.pointee.size, count <= state.pointee.size - offset else {
            return SQFS_ERROR_OUT_OF_BOUNDS.rawValue
        }
        var done = 0
        while done < count {
            let result = pread(state.pointee.descriptor, buffer + done, count - done, Int(offset) + done)
            if result < 0, errno == EINTR { continue }
            if result < 0 { return failed(state) }
            if result == 0 { return SQFS_ERROR_OUT_OF_BOUNDS.rawValue }
            done += result
        }
        return 0
    }

    private static func write(_ state: State, _ offset: UInt64, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int32 {
        guard let bytes, count > 0 else { return 0 }
        var done = 0
        while done < count {
            let result = pwrite(state.pointee.descriptor, bytes + done, count - done, Int(offset) + done)
            if result < 0, errno == EINTR { continue }
            if result < 0 { return failed(state) }
            done += result
        }
        state.pointee.size = max(state.pointee.size, offset + UInt64(count))
        return 0
    }

    private static func truncate(_ state: State, _ size: UInt64) -> Int32 {
        guard ftruncate(state.pointee.descriptor, Int(size)) == 0 else { return failed(state) }
        state.pointee.size = size
        return 0
    }

    private static func failed(_ state: State) -> Int32 {
        state.pointee.error = errno
        return SQFS_ERROR_IO.rawValue
    }
}

private let squashfsArgumentError = SQFS_ERROR_ARG_INVALID.rawValue

/// An error code of libsquashfs in words.
func explainSquashfs(_ code: Int32) -> String {
    switch SQFS_ERROR(rawValue: code) {
    case SQFS_ERROR_ALLOC: "out of memory"
    case SQFS_ERROR_IO: "an input or output error"
    case SQFS_ERROR_COMPRESSOR: "a compressed block is damaged"
    case SQFS_ERROR_INTERNAL: "an internal error of libsquashfs"
    case SQFS_ERROR_CORRUPTED: "the squashfs is damaged"
    case SQFS_ERROR_UNSUPPORTED: "the squashfs uses a feature that is not supported here"
    case SQFS_ERROR_OVERFLOW: "a number in the squashfs is too large"
    case SQFS_ERROR_OUT_OF_BOUNDS: "the squashfs is truncated or damaged"
    case SFQS_ERROR_SUPER_MAGIC: "it is not a squashfs"
    case SFQS_ERROR_SUPER_VERSION: "it is not squashfs version 4.0"
    case SQFS_ERROR_SUPER_BLOCK_SIZE: "the block size of the squashfs is not possible"
    default: "error \(code) of libsquashfs"
    }
}

/// An object of libsquashfs. It is destroyed with its owner, before the objects that it uses.
final class SquashfsObject {
    /// For functions that take an opaque pointer.
    let pointer: OpaquePointer
    private let uses: [AnyObject]

    /// Takes over what a `sqfs_…_create` function returned.
    init(_ pointer: OpaquePointer?, uses: [AnyObject] = []) throws {
        guard let pointer else { throw Failure("libsquashfs has no memory left") }
        self.pointer = pointer
        self.uses = uses
    }

    /// The same for types that are not opaque.
    convenience init<Object>(_ pointer: UnsafeMutablePointer<Object>?, uses: [AnyObject] = []) throws {
        try self.init(OpaquePointer(pointer), uses: uses)
    }

    deinit {
        sqfs_destroy(UnsafeMutableRawPointer(pointer))
    }

    /// For functions that take a typed pointer.
    func typed<Object>(_: Object.Type = Object.self) -> UnsafeMutablePointer<Object> {
        UnsafeMutablePointer(pointer)
    }
}
