Feature: Second factor
  As somebody with an account
  I want an app's code to guard it, too
  So that a stolen password opens nothing

  Scenario: Somebody sets up an authenticator app and signs in with it
    Given I am signed in as "shopper@example.com"
    When I set up an authenticator app
    Then I see my recovery codes
    When I sign out and sign in again with my password
    Then I am asked for a code
    When I enter the code that my app shows
    Then I am on the dashboard

  Scenario: A code that was used opens nothing
    Given I am signed in as "shopper@example.com"
    And I set up an authenticator app
    When I sign out and sign in again with my password
    And I enter the code that set the app up
    Then I am asked for a code

  Scenario: Staff without a second factor is sent to set one up
    Given staff needs a second factor
    And I am signed in as "admin@example.com"
    When I open the back office
    Then I am told to set up a second factor
