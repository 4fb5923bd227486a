package main

type antigenXML struct {
	Clinical []struct {
		Code string `xml:"guidelineCode"`
	} `xml:"immunity>clinicalHistory"`
	Born []struct {
		Date       string `xml:"immunityBirthDate"`
		Country    string `xml:"birthCountry"`
		Exclusions []struct {
			Code string `xml:"exclusionCode"`
		} `xml:"exclusion"`
	} `xml:"immunity>dateOfBirth"`
	Contraindications []contraXML `xml:"contraindications>vaccineGroup>contraindication"`
	Vaccines          []contraXML `xml:"contraindications>vaccine>contraindication"`
	Series            []seriesXML `xml:"series"`
}

type contraXML struct {
	Code     string `xml:"observationCode"`
	Text     string `xml:"contraindicationText"`
	Begin    string `xml:"beginAge"`
	End      string `xml:"endAge"`
	Vaccines []struct {
		CVX   string `xml:"cvx"`
		Begin string `xml:"beginAge"`
		End   string `xml:"endAge"`
	} `xml:"contraindicatedVaccine"`
}

type seriesXML struct {
	Name       string   `xml:"seriesName"`
	Disease    string   `xml:"targetDisease"`
	Group      string   `xml:"vaccineGroup"`
	Guidance   []string `xml:"seriesAdminGuidance"`
	Type       string   `xml:"seriesType"`
	Equivalent string   `xml:"equivalentSeriesGroups"`
	Genders    []string `xml:"requiredGender"`
	Select     struct {
		Default    string `xml:"defaultSeries"`
		Product    string `xml:"productPath"`
		Group      string `xml:"seriesGroup"`
		Priority   string `xml:"seriesPriority"`
		Preference string `xml:"seriesPreference"`
		Min        string `xml:"minAgeToStart"`
		Max        string `xml:"maxAgeToStart"`
	} `xml:"selectSeries"`
	Indications []struct {
		Code  string `xml:"observationCode>code"`
		Begin string `xml:"beginAge"`
		End   string `xml:"endAge"`
	} `xml:"indication"`
	Doses []doseXML `xml:"seriesDose"`
}

type doseXML struct {
	Ages []struct {
		AbsMin      string `xml:"absMinAge"`
		Min         string `xml:"minAge"`
		EarliestRec string `xml:"earliestRecAge"`
		LatestRec   string `xml:"latestRecAge"`
		Max         string `xml:"maxAge"`
		Effective   string `xml:"effectiveDate"`
		Cessation   string `xml:"cessationDate"`
	} `xml:"age"`
	Intervals  []intervalXML `xml:"interval"`
	Allowables []intervalXML `xml:"allowableInterval"`
	Preferable []struct {
		CVX      string `xml:"cvx"`
		Begin    string `xml:"beginAge"`
		End      string `xml:"endAge"`
		Trade    string `xml:"tradeName"`
		MVX      string `xml:"mvx"`
		Forecast string `xml:"forecastVaccineType"`
	} `xml:"preferableVaccine"`
	Allowable []struct {
		CVX   string `xml:"cvx"`
		Begin string `xml:"beginAge"`
		End   string `xml:"endAge"`
	} `xml:"allowableVaccine"`
	Inadvertent []struct {
		CVX string `xml:"cvx"`
	} `xml:"inadvertentVaccine"`
	Skips []struct {
		Context string `xml:"context"`
		Logic   string `xml:"setLogic"`
		Sets    []struct {
			Effective  string `xml:"effectiveDate"`
			Cessation  string `xml:"cessationDate"`
			Logic      string `xml:"conditionLogic"`
			Conditions []struct {
				Type     string `xml:"conditionType"`
				Start    string `xml:"startDate"`
				End      string `xml:"endDate"`
				BeginAge string `xml:"beginAge"`
				EndAge   string `xml:"endAge"`
				Interval string `xml:"interval"`
				Count    string `xml:"doseCount"`
				DoseType string `xml:"doseType"`
				Logic    string `xml:"doseCountLogic"`
				Vaccines string `xml:"vaccineTypes"`
				Series   string `xml:"seriesGroups"`
			} `xml:"condition"`
		} `xml:"set"`
	} `xml:"conditionalSkip"`
	Recurring string `xml:"recurringDose"`
	Season    struct {
		Start string `xml:"startDate"`
		End   string `xml:"endDate"`
	} `xml:"seasonalRecommendation"`
}

type intervalXML struct {
	Previous    string `xml:"fromPrevious"`
	Target      string `xml:"fromTargetDose"`
	MostRecent  string `xml:"fromMostRecent"`
	Observation string `xml:"fromRelevantObs>code"`
	AbsMin      string `xml:"absMinInt"`
	Min         string `xml:"minInt"`
	EarliestRec string `xml:"earliestRecInt"`
	LatestRec   string `xml:"latestRecInt"`
	Priority    string `xml:"intervalPriority"`
	Effective   string `xml:"effectiveDate"`
	Cessation   string `xml:"cessationDate"`
}

type scheduleXML struct {
	Conflicts []struct {
		Previous string `xml:"previous>cvx"`
		Current  string `xml:"current>cvx"`
		Begin    string `xml:"conflictBeginInterval"`
		MinEnd   string `xml:"minConflictEndInterval"`
		End      string `xml:"conflictEndInterval"`
	} `xml:"liveVirusConflicts>liveVirusConflict"`
	Groups []struct {
		Name string `xml:"name"`
		Full string `xml:"administerFullVaccineGroup"`
	} `xml:"vaccineGroups>vaccineGroup"`
	Maps []struct {
		Name     string   `xml:"name"`
		Antigens []string `xml:"antigen"`
	} `xml:"vaccineGroupToAntigenMap>vaccineGroupMap"`
	Vaccines []struct {
		CVX          string `xml:"cvx"`
		Name         string `xml:"shortDescription"`
		Associations []struct {
			Antigen string `xml:"antigen"`
			Begin   string `xml:"associationBeginAge"`
			End     string `xml:"associationEndAge"`
		} `xml:"association"`
	} `xml:"cvxToAntigenMap>cvxMap"`
	Observations []struct {
		Code  string `xml:"observationCode"`
		Title string `xml:"observationTitle"`
		Coded []struct {
			Code   string `xml:"code"`
			System string `xml:"codeSystem"`
		} `xml:"codedValues>codedValue"`
	} `xml:"observations>observation"`
}
