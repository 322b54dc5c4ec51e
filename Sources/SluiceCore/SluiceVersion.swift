/// The version of Sluice.
package enum SluiceVersion {
    package static let text = "0.1.0"
}
