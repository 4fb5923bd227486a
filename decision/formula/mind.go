package formula

// PHQ9 is the band of a PHQ-9 total, 0 to 27 (Kroenke, Spitzer, Williams, J Gen Intern Med 2001;16:606).
func PHQ9(total int) (string, error) {
	if err := within("PHQ-9", float64(total), 0, 27, "{score}"); err != nil {
		return "", err
	}
	return []string{"minimal depression", "mild depression", "moderate depression", "moderately severe depression", "severe depression", "severe depression"}[total/5], nil
}

// GAD7 is the band of a GAD-7 total, 0 to 21 (Spitzer et al., Arch Intern Med 2006;166:1092).
func GAD7(total int) (string, error) {
	if err := within("GAD-7", float64(total), 0, 21, "{score}"); err != nil {
		return "", err
	}
	return []string{"minimal anxiety", "mild anxiety", "moderate anxiety", "severe anxiety", "severe anxiety"}[total/5], nil
}
