package identity

// Weights in bits: the logarithm of how much more often records of one person
// agree so than records of two (Fellegi and Sunter 1969). They are set by hand
// from what is generally known of registration data, not estimated from a
// population: calibration replaces this table, and only it.
const (
	familySame, familyOld, familyClose, familyOther   = 9, 7, 6, -5
	givenSame, givenForm, givenClose                  = 7, 5.5, 4
	givenInitial, givenOther                          = 2, -7
	middleSame, middleInitial, middleOther            = 3, 1.5, -5
	suffixOther                                       = -9
	birthSame, birthPartly, birthSlip, birthOther     = 13, 4, 4, -12
	sexSame, sexOther                                 = 1, -5
	phoneSame, phoneOther                             = 6, -0.5
	emailSame, emailOther                             = 8, -0.3
	streetSame, postalSame, citySame, addressOther    = 7, 3, 1.5, -0.8
	identifierSame, sharedIdentifier, identifierOther = 22, 14, -2
	nationalOther                                     = -8
	deceasedOther                                     = -0.5
	prior                                             = -17 // bits against any two records being one person, before anything is compared
	possibleFrom                                      = 1   // total weight, prior included, from which a person should look
)
